import type { SigningKey } from "./signing-key";

/** Seconds; Bot Service's tokens live an hour, and one is used for half of it. */
const lifetime = 3600;
const useFor = lifetime / 2;

interface Issued {
  token: Promise<string>;
  /** Seconds since the epoch. */
  until: number;
}

/** The tokens that bots get with activities. `serviceurl` (lower case) must equal the activity's serviceUrl. */
export class BotTokens {
  private readonly issued = new Map<string, Issued>();

  constructor(
    private readonly key: SigningKey,
    private readonly issuer: string,
  ) {}

  for(appId: string, serviceUrl: string): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const known = this.issued.get(`${appId} ${serviceUrl}`);
    if (known && known.until > now) return known.token;
    const token = this.sign(appId, serviceUrl, now);
    this.issued.set(`${appId} ${serviceUrl}`, { token, until: now + useFor });
    return token;
  }

  private async sign(appId: string, serviceUrl: string, now: number): Promise<string> {
    const { SignJWT } = await import("jose");
    return new SignJWT({ serviceurl: serviceUrl })
      .setProtectedHeader({ alg: "RS256", kid: this.key.id, typ: "JWT" })
      .setIssuer(this.issuer)
      .setAudience(appId)
      .setNotBefore(now)
      .setExpirationTime(now + lifetime)
      .sign(this.key.privateKey);
  }
}
