import type { TokenCredential } from "@azure/identity";
import { z } from "zod";

/** A secret that may change while an app runs. */
export interface Secret {
  /** The value in hand, read when first needed. */
  get(): Promise<string>;
  /** The value as it is now, for when the one in hand has stopped working. */
  renew(): Promise<string>;
}

/** Uses a secret; where it is refused, and there is another value by now, uses that: a rotated key needs no restart. */
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
const answer = z.object({ value: z.string().min(1) });

/** Milliseconds for one request to the vault. */
const requestLimit = 5_000;

/** Milliseconds after which a value is read anew, so that a secret that leaked stops working everywhere once it is rotated. */
const keepFor = 10 * 60 * 1000;

/** Milliseconds between two looks for a newer value: whoever forges signatures must not make the vault work. */
const renewalPause = 10_000;

export interface Vault {
  /** `https://<vault's host>`, no trailing slash. */
  url: string;
  /** Audience of tokens for it, such as `https://vault.azure.net`. */
  audience: string;
  credential: TokenCredential;
}

/** The vault does not give a secret: it is out of reach, or this app's identity has no right to it (yet). */
export class VaultError extends Error {
  override readonly name = "VaultError";
}

/**
 * A secret in the stack's vault, read with the app's own identity. By REST, because a Key Vault *reference* in an app setting
 * is resolved once, maybe before the role works, and the SDK's client refuses vaults outside of Azure's domain.
 */
export class VaultSecret implements Secret {
  private value?: string;
  /** The request under way: callers that come together share it. */
  private reading?: Promise<string>;
  private readAt = 0;

  /** @param form what the value must look like; one that would not pass as a header would be repeated in its error */
  constructor(
    private readonly vault: Vault,
    private readonly name: string,
    private readonly form = /^[!-~]+$/,
  ) {}

  /** Where a newer value cannot be had, the one in hand goes on. @throws VaultError when there is none; the next call asks again */
  async get(): Promise<string> {
    const { value } = this;
    if (value === undefined) return this.read();
    return Date.now() - this.readAt < keepFor ? value : this.read().catch(() => value);
  }

  /** @throws VaultError; the value in hand is kept */
  async renew(): Promise<string> {
    const isFresh = !this.reading && Date.now() - this.readAt < renewalPause;
    return this.value !== undefined && isFresh ? this.value : this.read();
  }

  /** Resolves when the vault gives the secret to this app, now. @throws VaultError */
  async checkAccess(): Promise<void> {
    await this.read();
  }

  private read(): Promise<string> {
    this.reading ??= this.keep().finally(() => {
      this.reading = undefined;
    });
    return this.reading;
  }

  private async keep(): Promise<string> {
    this.readAt = Date.now();
    this.value = await this.request();
    return this.value;
  }

  private async request(): Promise<string> {
    const response = await this.ask().catch((error: Error) => {
      throw new VaultError(`the secret "${this.name}" cannot be read: ${error.message}`);
    });
    const parsed = answer.safeParse(await response.json().catch(() => undefined));
    if (response.ok && parsed.success) return this.check(parsed.data.value);
    const hint = response.status === 403 ? "; the role Key Vault Secrets User is missing, or does not work yet" : "";
    throw new VaultError(`the secret "${this.name}" cannot be read: the vault answered ${response.status}${hint}`);
  }

  private check(value: string): string {
    if (this.form.test(value)) return value;
    throw new VaultError(
      `the secret "${this.name}" cannot be used: what the vault holds is not of the form ${this.form}`,
    );
  }

  private async ask(): Promise<Response> {
    const { url, audience, credential } = this.vault;
    const signal = AbortSignal.timeout(requestLimit);
    const token = await Promise.race([credential.getToken(`${audience}/.default`), aborted(signal)]);
    const headers = { authorization: `Bearer ${token?.token}` };
    return fetch(`${url}/secrets/${this.name}?api-version=${apiVersion}`, { headers, signal }).catch((error) => {
      throw new Error(`the vault could not be reached: ${error.cause?.code ?? error.name}`); // its message may hold a header
    });
  }
}

/** A managed identity's client takes no signal: without this, one request that hangs would make all wait for ever. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("this app's identity got no token in time")), {
      once: true,
    });
  });
}
