import express, { type Express, type Request, type RequestHandler } from "express";
import { readActivity } from "./activity";
import type { BotTurns } from "./bot-turns";
import { type Conversation, newConversationId } from "./conversation";
import type { Conversations } from "./conversations";
import { type Caller, type DirectLineCallers, grantFor } from "./direct-line-caller";
import type { DirectLineTokens, Grant } from "./direct-line-token";
import { jsonBody } from "./json-body";
import { answerErrors, notSupported, ServiceError, unknownPath } from "./service-error";
import { boundUserPrefix, readTokenParameters, type TokenParameters } from "./token-parameters";
import { readWatermark } from "./watermark";

/** The path of Direct Line's operations, below the origin. */
export const directLinePath = "/v3/directline";

export interface DirectLineParts {
  callers: DirectLineCallers;
  tokens: DirectLineTokens;
  conversations: Conversations;
  turns: BotTurns;
  log(line: string): void;
}

/** Direct Line 3.0 over REST. The app works by itself or mounted in another express app. */
export function directLine(parts: DirectLineParts): Express {
  const app = express().disable("x-powered-by").disable("etag");
  app.use(directLinePath, crossOrigin, makeRouter(parts), unknownPath, answerErrors(parts.log));
  return app;
}

/** Allows pages of any origin, as the real Direct Line does: the credential is in a header, never in a cookie. */
const crossOrigin: RequestHandler = (request, response, next) => {
  response.setHeader("access-control-allow-origin", "*");
  response.setHeader("access-control-expose-headers", "retry-after");
  if (request.method !== "OPTIONS") return next();
  // Echoed, because clients add headers of their own (x-ms-bot-agent, x-requested-with …).
  const asked = request.headers["access-control-request-headers"];
  response.setHeader("access-control-allow-headers", asked ?? "authorization, content-type, x-ms-bot-agent");
  response.setHeader("access-control-allow-methods", "GET, POST, OPTIONS");
  response.setHeader("access-control-max-age", "600");
  response.setHeader("vary", "access-control-request-headers");
  response.status(204).end();
};

function makeRouter(parts: DirectLineParts): express.Router {
  const router = express.Router();
  // These routes come before the body is read: an upload is not JSON and may be large.
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
    const { conversation } = await authorize(parts, request);
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
    throw new ServiceError(403, "BadArgument", "Only the channel's secret can generate a token.");
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
  throw new ServiceError(403, "BadArgument", "Only a token can be refreshed. A secret does not expire.");
}

/** Answers 201 for a new conversation, and 200 for one that the token has already started. */
async function startConversation(parts: DirectLineParts, request: Request) {
  const caller = await parts.callers.identify(request);
  const asked = readTokenParameters(request.body);
  const grant = grantForStart(caller, asked);
  const started = parts.conversations.find(grant.conversationId);
  if (started) return { status: 200, body: await conversationAnswer(parts, request, grant, started.watermark) };
  const conversation = parts.conversations.start(grant.conversationId, grant.botName);
  await parts.turns.begin(conversation, grant.user ?? claimedUser(asked));
  return { status: 201, body: await conversationAnswer(parts, request, grant, 0) };
}

/** The grant of the new conversation's token. Only a caller with the secret can bind a token to a user. */
function grantForStart(caller: Caller, { user, trustedOrigins }: TokenParameters): Grant {
  if (caller.kind === "token") return caller.grant;
  const bound = user?.id.startsWith(boundUserPrefix) ? user : undefined;
  return { botName: caller.botName, conversationId: newConversationId(), user: bound, trustedOrigins };
}

/** The user from the request's body. Ids with the prefix of bound users are ignored: only a token can prove them. */
function claimedUser({ user }: TokenParameters): TokenParameters["user"] {
  return user?.id.startsWith(boundUserPrefix) ? undefined : user;
}

/** Without a watermark, the new stream sends only activities that arrive after this request, as documented. */
async function reconnect(parts: DirectLineParts, request: Request) {
  const { conversation, grant } = await authorize(parts, request);
  const end = conversation.watermark;
  return conversationAnswer(parts, request, grant, readWatermark(request.query.watermark, end) ?? end);
}

async function postActivity(parts: DirectLineParts, request: Request): Promise<string> {
  const { conversation, grant } = await authorize(parts, request);
  const activity = readActivity(request.body);
  if (activity.deliveryMode === "expectReplies") throw notSupported('deliveryMode "expectReplies" over Direct Line');
  const name = grant.user?.name ?? activity.from?.name;
  // A bound token always posts as its user, even if the activity names another one.
  const id = grant.user?.id ?? activity.from?.id;
  if (!id)
    throw new ServiceError(
      400,
      "MissingProperty",
      "The activity needs from.id, because the token is not bound to a user.",
    );
  if (id === conversation.botName) throw new ServiceError(403, "BadArgument", "from.id is the id of the bot.");
  const stored = await parts.turns.post(conversation, { ...activity.from, id, name }, activity);
  return stored.id;
}

/** The conversation in the path, if the caller has access to it. */
async function authorize({ callers, conversations }: DirectLineParts, request: Request) {
  const id = String(request.params.id);
  const grant = grantFor(await callers.identify(request), id);
  return { grant, conversation: findConversation(conversations, grant) };
}

/** The conversation of a grant. @throws ServiceError 404 when it was not started or belongs to another bot */
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
  // The stream uses the scheme and host of this request: ws: for a page on plain http, wss: otherwise.
  const origin = `${request.protocol === "https" ? "wss" : "ws"}://${request.headers.host}`;
  const query = new URLSearchParams({ watermark: String(watermark), t: await tokens.stream(grant) });
  return { ...(await tokenAnswer(tokens, grant)), streamUrl: `${origin}${path}?${query}` };
}
