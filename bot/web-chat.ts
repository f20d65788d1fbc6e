import { randomUUID } from "node:crypto";
import path from "node:path";
import express, { type RequestHandler, Router } from "express";
import { type Secret, withSecret } from "../core/vault-secret";
import { perMinute } from "./rate-limit";

/** Tokens a minute for one address: enough for people behind one router, too few to use the bot up. */
const tokensAMinute = 20;

export interface WebChatSettings {
  /** `https://directline.botframework.com` or another cloud's. */
  directLine: string;
  /** Direct Line's key. */
  secret: Secret;
}

/** The chat page and its token: the page never sees the Direct Line secret, and its user id is one that nobody can choose. */
export function webChat(settings: WebChatSettings): Router {
  const token: RequestHandler = async (_request, response) => {
    response.json(await generateToken(settings));
  };
  return Router()
    .post("/api/directline/token", perMinute(tokensAMinute), token)
    .use(express.static(path.join(__dirname, "public"), { setHeaders: (response) => protect(response) }));
}

async function generateToken({ directLine, secret }: WebChatSettings) {
  const userId = `dl_${randomUUID()}`;
  const token = await withSecret(secret, (key) => askForToken(directLine, key, userId), isRefusedKey);
  return { token, userId, domain: `${directLine}/v3/directline` };
}

async function askForToken(directLine: string, key: string, userId: string): Promise<string> {
  const answer = await fetch(`${directLine}/v3/directline/tokens/generate`, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify({ user: { id: userId } }),
    signal: AbortSignal.timeout(10_000),
  });
  if (!answer.ok) throw new TokenRefusedError(answer.status);
  return ((await answer.json()) as { token: string }).token;
}

class TokenRefusedError extends Error {
  override readonly name = "TokenRefusedError";

  constructor(readonly answered: number) {
    super(`Direct Line gave no token: ${answered}`);
  }
}

function isRefusedKey(error: unknown): boolean {
  return error instanceof TokenRefusedError && [401, 403].includes(error.answered);
}

function protect(response: { setHeader(name: string, value: string): void }): void {
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Content-Security-Policy", "frame-ancestors 'none'");
}
