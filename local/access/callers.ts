import { errors } from "jose";
import type { Entra } from "../identity/entra";
import type { Principal } from "../identity/principal";
import { KnownTokens } from "../known-tokens";

/** A token that says nothing about its bearer. The message is for whoever sent it. */
export class InvalidToken extends Error {
  override readonly name = "InvalidToken";
}

/** Whose token a request carries. */
export class Callers {
  private readonly principals = new KnownTokens((token) => this.verify(token));

  constructor(
    private readonly entra: Entra,
    private readonly audiences: string[],
  ) {}

  /** @throws InvalidToken when signature, issuer, audience or dates are wrong, or nobody bears it */
  identify(token: string): Promise<Principal> {
    return this.principals.read(token);
  }

  private async verify(token: string) {
    const { oid, exp = 0 } = await this.entra.verify(token, this.audiences).catch((error) => {
      throw new InvalidToken(reason(error));
    });
    const principal = this.entra.principal(oid);
    if (!principal) throw new InvalidToken(`The directory knows no principal ${oid}.`);
    return { value: principal, expires: exp * 1000 };
  }
}

/** In the words that Azure Storage has for it. */
function reason(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "Lifetime validation failed. The token is expired.";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "Signature validation failed.";
  if (!(error instanceof errors.JWTClaimValidationFailed)) return "The token is not a valid one of this directory.";
  if (error.claim === "aud") return "Audience validation failed. Audience did not match.";
  if (error.claim === "iss") return "Issuer validation failed. Issuer did not match.";
  return `Lifetime validation failed: ${error.claim}.`;
}
