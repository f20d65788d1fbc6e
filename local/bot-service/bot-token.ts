import type { SigningKey } from "./signing-key";

/** Seconds; Bot Service's tokens live an hour. */
const lifetime = 3600;

/** Signs the token that a bot gets with each activity. `serviceurl` (lower case) must equal the activity's serviceUrl. */
export async function botToken(
  key: SigningKey,
  claims: { issuer: string; appId: string; serviceUrl: string },
): Promise<string> {
  const { SignJWT } = await import("jose");
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ serviceurl: claims.serviceUrl })
    .setProtectedHeader({ alg: "RS256", kid: key.id, typ: "JWT" })
    .setIssuer(claims.issuer)
    .setAudience(claims.appId)
    .setNotBefore(now)
    .setExpirationTime(now + lifetime)
    .sign(key.privateKey);
}
