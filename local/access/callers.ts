import { errors } from "jose";
import type { Entra } from "../identity/entra";
import type { Principal } from "../identity/principal";

/** A token that says nothing about its bearer. The message is for whoever sent it. */
export class InvalidToken extends Error {
  override readonly name = "InvalidToken";
}

interface Caller {
  principal: Principal;
  /** Milliseconds since the epoch. */
  expires: number;
}

/** At this many tokens the expired ones are forgotten: an app holds one a day. */
const sweepAt = 1_000;

/** Whose token a request carries. A token is checked once and then known by its text, so that each request costs nothing. */
export class Callers {
  private readonly known = new Map<string, Caller>();

  constructor(
    private readonly entra: Entra,
    private readonly audiences: string[],
  ) {}

  /** @throws InvalidToken when signature, issuer, audience or dates are wrong, or nobody bears it */
  async identify(token: string): Promise<Principal> {
    const known = this.known.get(token);
    if (known && known.expires > Date.now()) return known.principal;
    const caller = await this.verify(token);
    if (this.known.size >= sweepAt) this.sweep();
    this.known.set(token, caller);
    return caller.principal;
  }

  private async verify(token: string): Promise<Caller> {
    const { oid, exp = 0 } = await this.entra.verify(token, this.audiences).catch((error) => {
      throw new InvalidToken(reason(error));
    });
    const principal = this.entra.principal(oid);
    if (!principal) throw new InvalidToken(`The directory knows no principal ${oid}.`);
    return { principal, expires: exp * 1000 };
  }

  private sweep(): void {
    for (const [token, { expires }] of this.known) if (expires <= Date.now()) this.known.delete(token);
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
