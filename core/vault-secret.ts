import type { TokenCredential } from "@azure/identity";
import { z } from "zod";

/** A secret that may change while an app runs. */
export interface Secret {
  /** Resolves to the value, which is read when it is first needed. */
  get(): Promise<string>;
  /** Reads the current value, when the old one has stopped working. */
  renew(): Promise<string>;
}

/** Uses a secret. If the value is refused and was rotated meanwhile, uses the new value: a rotation needs no restart. */
export async function withSecret<T>(
  secret: Secret,
  use: (value: string) => Promise<T> | T,
  isRefusal: (error: unknown) => boolean,
): Promise<T> {
  const value = await secret.get();
  try {
    return await use(value);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const renewed = await secret.renew();
    if (renewed === value) throw error;
    return use(renewed);
  }
}

/** Key Vault's REST interface: learn.microsoft.com/rest/api/keyvault/secrets/get-secret/get-secret */
const apiVersion = "7.4";
const secretAnswer = z.object({ value: z.string().min(1) });

/** Milliseconds for a request, including its token. */
const requestLimit = 5_000;

/** Milliseconds after which a value is read again, so that a leaked secret stops working everywhere once it is rotated. */
const maxAge = 10 * 60 * 1000;

/** Milliseconds between two renewals, because each forged signature asks for one. */
const renewalPause = 10_000;

export interface Vault {
  /** `https://<vault's host>`, without a slash at the end. */
  url: string;
  /** The audience of its tokens, such as `https://vault.azure.net`. */
  audience: string;
  credential: TokenCredential;
}

/** The vault cannot be reached, or it refuses to give the secret to this app's identity. */
export class VaultError extends Error {
  override readonly name = "VaultError";
}

/**
 * A secret in the stack's vault, read with the app's identity by REST. A Key Vault reference in an app setting would be resolved
 * once, perhaps before the role works. @azure/keyvault-secrets would take the token's audience from the vault's answer.
 */
export class VaultSecret implements Secret {
  private value?: string;
  /** The request in progress, which concurrent callers share. */
  private reading?: Promise<string>;
  private readAt = 0;

  /** @param pattern of valid values; fetch would repeat a value that is no valid header in its error */
  constructor(
    private readonly vault: Vault,
    private readonly name: string,
    private readonly pattern = /^[!-~]+$/,
  ) {}

  /** Resolves to the value; to an old one while the vault cannot be reached. @throws VaultError when there is none yet */
  async get(): Promise<string> {
    const { value } = this;
    if (value === undefined) return this.read();
    return Date.now() - this.readAt < maxAge ? value : this.read().catch(() => value);
  }

  /** @throws VaultError; then `get` keeps the old value */
  async renew(): Promise<string> {
    const isFresh = !this.reading && Date.now() - this.readAt < renewalPause;
    return this.value !== undefined && isFresh ? this.value : this.read();
  }

  /** Resolves when the vault gives the secret to this app. @throws VaultError */
  async checkAccess(): Promise<void> {
    await this.read();
  }

  private read(): Promise<string> {
    this.reading ??= this.refresh().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async refresh(): Promise<string> {
    this.readAt = Date.now();
    this.value = await this.request();
    return this.value;
  }

  private async request(): Promise<string> {
    const response = await this.send().catch((error: Error) => {
      throw new VaultError(`The secret "${this.name}" cannot be read: ${error.message}`);
    });
    const parsed = secretAnswer.safeParse(await response.json().catch(() => undefined));
    if (response.ok && parsed.success) return this.check(parsed.data.value);
    const hint = response.status === 403 ? " The role Key Vault Secrets User is missing, or does not work yet." : "";
    throw new VaultError(`The secret "${this.name}" cannot be read: the vault answered ${response.status}.${hint}`);
  }

  private check(value: string): string {
    if (this.pattern.test(value)) return value;
    throw new VaultError(
      `The secret "${this.name}" cannot be used: its value in the vault does not match ${this.pattern}. Correct it there.`,
    );
  }

  private async send(): Promise<Response> {
    const { url, audience, credential } = this.vault;
    const signal = AbortSignal.timeout(requestLimit);
    const token = await Promise.race([credential.getToken(`${audience}/.default`), aborted(signal)]);
    const headers = { authorization: `Bearer ${token?.token}` };
    return fetch(`${url}/secrets/${this.name}?api-version=${apiVersion}`, { headers, signal }).catch((error) => {
      throw new Error(`the vault could not be reached: ${error.cause?.code ?? error.name}`); // its message may contain a header
    });
  }
}

/** Rejects when the time is over: a managed identity's client takes no signal, and may never answer. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = () => reject(new Error("this app's identity got no token in time"));
    signal.addEventListener("abort", fail, { once: true });
  });
}
