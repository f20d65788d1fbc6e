import { randomUUID } from "node:crypto";
import { type CryptoKey, generateKeyPair, type JWTPayload, jwtVerify, SignJWT } from "jose";
import type { Principal } from "./principal";

/** Lifetime of a managed identity's token in Azure, in seconds. */
const lifetime = 24 * 60 * 60;

export interface AccessToken {
  token: string;
  /** Seconds since the epoch. */
  expires: number;
}

/** The Microsoft Entra directory: it stores principals, issues tokens to them and verifies tokens. */
export class Entra {
  readonly tenantId = randomUUID();
  readonly issuer = `https://sts.windows.net/${this.tenantId}/`;
  private readonly principals = new Map<string, Principal>();

  private constructor(
    private readonly privateKey: CryptoKey,
    private readonly publicKey: CryptoKey,
    private readonly refusedAudiences: string[],
  ) {}

  /** @param refusedAudiences audiences without tokens, as in Cloud Shell: github.com/Azure/CloudShell/issues/577 */
  static async open(refusedAudiences: string[] = []): Promise<Entra> {
    const { privateKey, publicKey } = await generateKeyPair("ES256");
    return new Entra(privateKey, publicKey, refusedAudiences);
  }

  /** Adds a principal to the directory. Only such a principal can hold a role. */
  enrol(principal: Principal): Principal {
    this.principals.set(principal.objectId, principal);
    return principal;
  }

  forget({ objectId }: Principal): void {
    this.principals.delete(objectId);
  }

  principal(objectId: string): Principal | undefined {
    return this.principals.get(objectId);
  }

  /** @param resource the audience, such as `https://storage.azure.com` @throws Error when the audience is a refused one */
  async issue({ clientId, objectId, type }: Principal, resource: string): Promise<AccessToken> {
    if (this.refusedAudiences.includes(resource))
      throw new Error(`Audience ${resource} is not a supported MSI token audience.`);
    const now = Math.floor(Date.now() / 1000);
    const expires = now + lifetime;
    const claims = {
      appid: clientId,
      oid: objectId,
      tid: this.tenantId,
      idtyp: type === "User" ? "user" : "app",
      ver: "1.0",
    };
    const token = await new SignJWT(claims)
      .setProtectedHeader({ alg: "ES256", typ: "JWT" })
      .setIssuer(this.issuer)
      .setAudience(resource)
      .setSubject(objectId)
      .setIssuedAt(now)
      .setNotBefore(now - 300)
      .setExpirationTime(expires)
      .sign(this.privateKey);
    return { token, expires };
  }

  /** The claims of a token of this directory for one of these audiences. @throws when signature, issuer, audience or dates are wrong */
  async verify(token: string, audience: string[]): Promise<JWTPayload & { appid: string; oid: string }> {
    const { payload } = await jwtVerify(token, this.publicKey, { issuer: this.issuer, audience });
    return payload as JWTPayload & { appid: string; oid: string };
  }
}
