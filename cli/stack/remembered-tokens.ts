import type { AccessToken, GetTokenOptions, TokenCredential } from "@azure/identity";
import { CommandError } from "../errors";

/** Milliseconds before its end at which a token is no longer used. */
const margin = 5 * 60 * 1000;

/** A credential that is asked once for many clients: each question to the Azure CLI takes seconds. */
export class RememberedTokens implements TokenCredential {
  private readonly tokens = new Map<string, Promise<AccessToken | null>>();

  constructor(private readonly credential: TokenCredential) {}

  /** @throws CommandError that says how to log in */
  async getToken(scopes: string | string[], { claims, tenantId }: GetTokenOptions = {}): Promise<AccessToken | null> {
    const key = JSON.stringify([[scopes].flat(), claims, tenantId]);
    const known = await this.tokens.get(key);
    if (known && known.expiresOnTimestamp - Date.now() > margin) return known;
    const token = this.ask(scopes, { claims, tenantId });
    this.tokens.set(key, token);
    token.catch(() => this.tokens.delete(key));
    return token;
  }

  /** Without a caller's signal: others wait for the same token. */
  private async ask(scopes: string | string[], options: GetTokenOptions): Promise<AccessToken | null> {
    try {
      return await this.credential.getToken(scopes, options);
    } catch (error) {
      const [why] = (error as Error).message.split("\n");
      throw new CommandError(`No Azure account is at hand: log in with "az login". ${why}`);
    }
  }
}
