import express, { type Express, type Request } from "express";
import { readActivity } from "./activity";
import type { BotTurns } from "./bot-turns";
import { type Conversation, newConversationId } from "./conversation";
import type { Conversations } from "./conversations";
import { crossOrigin } from "./cross-origin";
import { type Caller, type DirectLineCallers, grantFor } from "./direct-line-caller";
import type { DirectLineTokens, Grant } from "./direct-line-token";
import { jsonBody } from "./json-body";
import { answerErrors, notSupported, ServiceError, unknownPath } from "./service-error";
import { boundUserPrefix, readTokenParameters, type TokenParameters } from "./token-parameters";
import { readWatermark } from "./watermark";

/** Direct Line's operations, below the origin. */
export const directLinePath = "/v3/directline";

export interface DirectLineParts {
  callers: DirectLineCallers;
  tokens: DirectLineTokens;
  conversations: Conversations;
  turns: BotTurns;
  log(line: string): void;
}

/** Direct Line 3.0 over REST: an app that serves alone, or mounted in another one. */
export function directLine(parts: DirectLineParts): Express {
  const app = express().disable("x-powered-by").disable("etag");
  app.use(directLinePath, crossOrigin, operations(parts), unknownPath, answerErrors(parts.log));
  return app;
}

function operations(parts: DirectLineParts): express.Router {
  const router = express.Router();
  // Before the body is read: an upload is no JSON, and may be large.
  router.post("/conversations/:id/upload", async (request) => {
    await parts.callers.identify(request);
    throw notSupported("upload of attachments");
  });
  router.get("/session/getsessionid", () => {
    throw notSupported("sign-in sessions (session/getsessionid)");
  });
  router.post("/tokens/generate", jsonBody(), async (request, response) => {
    response.json(await generateToken(parts, request));
  });
  router.post("/tokens/refresh", async (request, response) => {
    response.json(await refreshToken(parts, request));
  });
  router.post("/conversations", jsonBody(), async (request, response) => {
    const { status, body } = await startConversation(parts, request);
    response.status(status).json(body);
  });
  router.get("/conversations/:id", async (request, response) => {
    response.json(await reconnect(parts, request));
  });
  router.get("/conversations/:id/activities", async (request, response) => {
    const { conversation } = await enter(parts, request);
    response.json(conversation.since(readWatermark(request.query.watermark, conversation.watermark) ?? 0));
  });
  router.post("/conversations/:id/activities", jsonBody(), async (request, response) => {
    response.json({ id: await postActivity(parts, request) });
  });
  return router;
}

async function generateToken({ callers, tokens }: DirectLineParts, request: Request) {
  const caller = await callers.identify(request);
  if (caller.kind !== "secret") {
    throw new ServiceError(403, "BadArgument", "A token is generated from the channel's secret, not from a token.");
  }
  const { user, trustedOrigins } = readTokenParameters(request.body);
  if (user && !user.id.startsWith(boundUserPrefix)) {
    throw new ServiceError(400, "BadArgument", `user.id must begin with "${boundUserPrefix}".`);
  }
  const grant = { botName: caller.botName, conversationId: newConversationId(), user, trustedOrigins };
  return tokenAnswer(tokens, grant);
}

async function refreshToken({ callers, tokens }: DirectLineParts, request: Request) {
  const caller = await callers.identify(request);
  if (caller.kind === "token") return tokenAnswer(tokens, caller.grant);
  throw new ServiceError(403, "BadArgument", "Only a token can be refreshed; a secret does not expire.");
}

/** 201 for a new conversation, 200 for one that the token has already started. */
async function startConversation(parts: DirectLineParts, request: Request) {
  const caller = await parts.callers.identify(request);
  const asked = readTokenParameters(request.body);
  const grant = startingGrant(caller, asked);
  const started = parts.conversations.find(grant.conversationId);
  if (started) return { status: 200, body: await conversationAnswer(parts, request, grant, started.watermark) };
  const conversation = parts.conversations.start(grant.conversationId, grant.botName);
  await parts.turns.begin(conversation, grant.user ?? unboundUser(asked));
  return { status: 201, body: await conversationAnswer(parts, request, grant, 0) };
}

/** Only who holds the secret can bind a token to a user. */
function startingGrant(caller: Caller, { user, trustedOrigins }: TokenParameters): Grant {
  if (caller.kind === "token") return caller.grant;
  const bound = user?.id.startsWith(boundUserPrefix) ? user : undefined;
  return { botName: caller.botName, conversationId: newConversationId(), user: bound, trustedOrigins };
}

/** A user that no token vouches for may join under any id but those that only a token may vouch for. */
function unboundUser({ user }: TokenParameters): TokenParameters["user"] {
  return user?.id.startsWith(boundUserPrefix) ? undefined : user;
}

/** Without a watermark, the new stream shows what comes after this request only (as documented). */
async function reconnect(parts: DirectLineParts, request: Request) {
  const { conversation, grant } = await enter(parts, request);
  const end = conversation.watermark;
  return conversationAnswer(parts, request, grant, readWatermark(request.query.watermark, end) ?? end);
}

async function postActivity(parts: DirectLineParts, request: Request): Promise<string> {
  const { conversation, grant } = await enter(parts, request);
  const activity = readActivity(request.body);
  if (activity.deliveryMode === "expectReplies") throw notSupported('deliveryMode "expectReplies" over Direct Line');
  const name = grant.user?.name ?? activity.from?.name;
  // A bound token speaks as its user, whatever the activity says.
  const id = grant.user?.id ?? activity.from?.id;
  if (!id)
    throw new ServiceError(400, "MissingProperty", "The activity needs from.id, as the token is bound to no user.");
  if (id === conversation.botName) throw new ServiceError(403, "BadArgument", "from.id is the bot's own.");
  const stored = await parts.turns.post(conversation, { ...activity.from, id, name }, activity);
  return stored.id;
}

/** The conversation that the path names, if the caller may be there. */
async function enter({ callers, conversations }: DirectLineParts, request: Request) {
  const id = String(request.params.id);
  const grant = grantFor(await callers.identify(request), id);
  return { grant, conversation: findConversation(conversations, grant) };
}

/** The started conversation of a grant; throws 404 when there is none (or it is another bot's). */
export function findConversation(conversations: Conversations, grant: Grant): Conversation {
  const conversation = conversations.find(grant.conversationId);
  if (conversation?.botName === grant.botName) return conversation;
  throw new ServiceError(404, "BadArgument", "Unknown conversation");
}

async function tokenAnswer(tokens: DirectLineTokens, grant: Grant) {
  const { conversationId } = grant;
  return { conversationId, token: await tokens.access(grant), expires_in: tokens.lifetime };
}

async function conversationAnswer({ tokens }: DirectLineParts, request: Request, grant: Grant, watermark: number) {
  const path = `${directLinePath}/conversations/${grant.conversationId}/stream`;
  // The scheme and host that this client used: a page served over plain http gets ws:, everyone else wss:.
  const origin = `${request.protocol === "https" ? "wss" : "ws"}://${request.headers.host}`;
  const query = new URLSearchParams({ watermark: String(watermark), t: await tokens.stream(grant) });
  return { ...(await tokenAnswer(tokens, grant)), streamUrl: `${origin}${path}?${query}` };
}
