import type { SigningKey } from "./signing-key";

/** Seconds. Bot Service's tokens live one hour; a token is reused for half of that time. */
const lifetime = 3600;
const reuseTime = lifetime / 2;

interface Issued {
  token: Promise<string>;
  /** Seconds since the epoch. */
  until: number;
}

/** The tokens that bots receive with activities. The claim `serviceurl` (lower case) must equal the activity's serviceUrl. */
export class BotTokens {
  private readonly issued = new Map<string, Issued>();

  constructor(
    private readonly key: SigningKey,
    private readonly issuer: string,
  ) {}

  get(appId: string, serviceUrl: string): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const known = this.issued.get(`${appId} ${serviceUrl}`);
    if (known && known.until > now) return known.token;
    const token = this.sign(appId, serviceUrl, now);
    this.issued.set(`${appId} ${serviceUrl}`, { token, until: now + reuseTime });
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
