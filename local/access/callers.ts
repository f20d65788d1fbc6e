import { errors } from "jose";
import type { Entra } from "../identity/entra";
import type { Principal } from "../identity/principal";
import { KnownTokens } from "../known-tokens";

/** A token that does not identify its bearer. The message is sent to the caller. */
export class InvalidTokenError extends Error {
  override readonly name = "InvalidTokenError";
}

/** Identifies callers by their tokens. */
export class Callers {
  private readonly principals = new KnownTokens((token) => this.verify(token));

  constructor(
    private readonly entra: Entra,
    private readonly audiences: string[],
  ) {}

  /** @throws InvalidTokenError when signature, issuer, audience or dates are wrong, or the directory does not contain the principal */
  identify(token: string): Promise<Principal> {
    return this.principals.read(token);
  }

  private async verify(token: string) {
    const { oid, exp = 0 } = await this.entra.verify(token, this.audiences).catch((error) => {
      throw new InvalidTokenError(describeReason(error));
    });
    const principal = this.entra.principal(oid);
    if (!principal) throw new InvalidTokenError(`The directory does not contain the principal ${oid}.`);
    return { value: principal, expires: exp * 1000 };
  }
}

/** The reason in the words of Azure Storage. */
function describeReason(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "Lifetime validation failed. The token is expired.";
  if (error instanceof errors.JWSSignatureVerificationFailed) return "Signature validation failed.";
  if (!(error instanceof errors.JWTClaimValidationFailed)) return "The token is not a valid one of this directory.";
  if (error.claim === "aud") return "Audience validation failed. Audience did not match.";
  if (error.claim === "iss") return "Issuer validation failed. Issuer did not match.";
  return `Lifetime validation failed: ${error.claim}.`;
}
