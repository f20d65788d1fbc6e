import { randomBytes } from "node:crypto";
import { z } from "zod";
import { KnownTokens } from "../known-tokens";
import { ServiceError } from "./service-error";

/** The rights of a Direct Line token: one conversation of one bot, optionally as one user only. */
export interface Grant {
  botName: string;
  conversationId: string;
  user?: { id: string; name?: string };
  trustedOrigins?: string[];
}

/** `access` is for clients. `stream` only opens a stream; it is the token in a stream's URL. */
export type Purpose = "access" | "stream";

const issuer = "https://directline.botframework.com/";

// The real tokens use these claim names. DirectLineJS and Web Chat decode the token and read `user`.
const claims = z.object({
  exp: z.number(),
  bot: z.string(),
  conv: z.string(),
  user: z.string().optional(),
  name: z.string().optional(),
  origins: z.array(z.string()).optional(),
  use: z.enum(["access", "stream"]),
});

/** Issues and verifies Direct Line tokens. */
export class DirectLineTokens {
  private readonly key = randomBytes(32);
  private readonly known = new KnownTokens((token) => this.verify(token));

  /** @param lifetime seconds */
  constructor(readonly lifetime: number) {}

  access(grant: Grant): Promise<string> {
    return this.sign(grant, "access", this.lifetime);
  }

  /** Direct Line gives a client 60 seconds to open the stream. */
  stream(grant: Grant): Promise<string> {
    return this.sign(grant, "stream", Math.min(60, this.lifetime));
  }

  /** @throws ServiceError 403 TokenExpired for an expired token, 401 for every other token that is invalid or has another purpose */
  async read(token: string, ...purposes: Purpose[]): Promise<Grant> {
    const { use, grant } = await this.known.read(token);
    if (!purposes.includes(use)) throw invalidToken();
    return grant;
  }

  private async verify(token: string) {
    const { errors, jwtVerify } = await import("jose");
    try {
      const { payload } = await jwtVerify(token, this.key, { issuer, audience: issuer, algorithms: ["HS256"] });
      const { exp, bot, conv, user, name, origins, use } = claims.parse(payload);
      const grant: Grant = { botName: bot, conversationId: conv, trustedOrigins: origins };
      if (user !== undefined) grant.user = { id: user, name };
      return { value: { use, grant }, expires: exp * 1000 };
    } catch (error) {
      throw error instanceof errors.JWTExpired
        ? new ServiceError(403, "TokenExpired", "The token has expired.")
        : invalidToken();
    }
  }

  private async sign(grant: Grant, use: Purpose, lifetime: number): Promise<string> {
    const { SignJWT } = await import("jose");
    const { botName: bot, conversationId: conv, user, trustedOrigins: origins } = grant;
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ bot, conv, user: user?.id, name: user?.name, origins, use })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setIssuer(issuer)
      .setAudience(issuer)
      .setNotBefore(now)
      .setExpirationTime(now + lifetime)
      .setJti(randomBytes(9).toString("base64url"))
      .sign(this.key);
  }
}

function invalidToken(): ServiceError {
  return new ServiceError(401, "Unauthorized", "The secret or token is not valid here.");
}
