import { type Request, type RequestHandler, type Response, Router } from "express";
import { type Account, type Activity, readActivity } from "./activity";
import { bearer } from "./bearer";
import type { Bot } from "./bot";
import type { BotRegistry } from "./bot-registry";
import { type ConnectorAnswers, sendAnswer } from "./connector-answers";
import type { Conversation } from "./conversation";
import type { Conversations } from "./conversations";
import { jsonBody } from "./json-body";
import { notSupported, ServiceError, unknownPath } from "./service-error";

export interface ConnectorParts {
  bots: BotRegistry;
  /** Those of the channel. */
  conversations: Conversations;
  channelId: string;
  /** The bot's account on the channel. */
  accountOf(bot: Bot): Account & { id: string };
  /** `POST /v3/conversations`, which some channels do not have: resolves to what is answered. @throws ServiceError */
  create?(appId: string, body: unknown): { id: string };
  answers: ConnectorAnswers;
  /** Rejects a token that is not one of a bot for this service. */
  verifyBotToken(token: string): Promise<{ appId: string }>;
  log(line: string): void;
}

/** The Connector API: what bots call to speak in a conversation. What it does not have it refuses by name. */
export function connector(parts: ConnectorParts): Router {
  const router = Router();
  router.use(["/v3", "/api"], authenticate(parts));
  router.use("/v3/conversations/:id", findOwn(parts));
  router.post("/v3/conversations/:id/activities/history", refuse("sending a conversation's history"));
  router.post("/v3/conversations/:id/activities", jsonBody(), (request, response) => say(parts, request, response));
  router.post("/v3/conversations/:id/activities/:activityId", jsonBody(), (request, response) =>
    say(parts, request, response, String(request.params.activityId)),
  );
  router.put("/v3/conversations/:id/activities/:activityId", jsonBody(), (request, response) =>
    update(parts, request, response),
  );
  router.delete("/v3/conversations/:id/activities/:activityId", remove);
  router.get("/v3/conversations/:id/members", (_request, response) => {
    response.json([...conversationOf(response).members.values()]);
  });
  router.get("/v3/conversations/:id/pagedmembers", (_request, response) => {
    response.json({ members: [...conversationOf(response).members.values()] });
  });
  router.get("/v3/conversations/:id/members/:memberId", member);
  router.post("/v3/conversations", jsonBody(), (request, response) => create(parts, request, response));
  router.get("/v3/conversations", refuse("listing conversations (GET /v3/conversations)"));
  router.use("/v3/conversations/:id", refuseAnythingElse);
  router.use("/v3/attachments", refuseAnythingElse);
  router.use("/api/usertoken", refuse("user sign-in (api/usertoken)"));
  router.use("/api/botsignin", refuse("user sign-in (api/botsignin)"));
  router.use(["/v3", "/api"], unknownPath);
  return router;
}

function authenticate({ verifyBotToken, log }: ConnectorParts): RequestHandler {
  return async (request, response, next) => {
    const token = bearer(request);
    try {
      response.locals.appId = (await verifyBotToken(token)).appId;
    } catch (error) {
      log(`bot service: connector: a token was refused: ${error instanceof Error ? error.message : String(error)}`);
      throw new ServiceError(401, "Unauthorized", "The token was refused.");
    }
    next();
  };
}

function create({ create, channelId, answers }: ConnectorParts, request: Request, response: Response): void {
  if (!create) throw notSupported(`creating a conversation on the channel ${channelId} (POST /v3/conversations)`);
  const answer = answers.next();
  const body = !answer || answer.isTaken ? create(response.locals.appId, request.body) : undefined;
  sendAnswer(response, answer ?? { status: 201, body });
}

function findOwn({ bots, conversations }: ConnectorParts): RequestHandler {
  return (request, response, next) => {
    const conversation = conversations.find(String(request.params.id));
    if (!conversation) throw new ServiceError(404, "ConversationNotFound", "Conversation not found.");
    if (bots.find(conversation.botName)?.appId !== response.locals.appId) {
      throw new ServiceError(403, "Forbidden", "The conversation is another bot's.");
    }
    response.locals.conversation = conversation;
    next();
  };
}

function say(parts: ConnectorParts, request: Request, response: Response, replyToId?: string): void {
  const conversation = conversationOf(response);
  const activity = readActivity(request.body);
  const answer = parts.answers.next();
  const reply = fromBot(parts, conversation, replyToId === undefined ? activity : { ...activity, replyToId });
  const stored = !answer || answer.isTaken ? conversation.append(reply) : undefined;
  sendAnswer(response, answer ?? { status: 200, body: { id: stored?.id } });
}

function update(parts: ConnectorParts, request: Request, response: Response): void {
  const conversation = conversationOf(response);
  const activity = fromBot(parts, conversation, readActivity(request.body));
  const stored = conversation.replace(String(request.params.activityId), activity);
  if (!stored) throw unknownActivity();
  response.json({ id: stored.id });
}

function remove(request: Request, response: Response): void {
  if (!conversationOf(response).remove(String(request.params.activityId))) throw unknownActivity();
  response.status(200).end();
}

function member(request: Request, response: Response): void {
  const found = conversationOf(response).members.get(String(request.params.memberId));
  if (!found) throw new ServiceError(404, "MemberNotFoundInConversation", "Nobody of that id is in the conversation.");
  response.json(found);
}

/** However it was addressed: a bot speaks as itself, and in the conversation of the path. */
function fromBot(
  { bots, channelId, accountOf }: ConnectorParts,
  conversation: Conversation,
  activity: Activity,
): Activity {
  const bot = bots.find(conversation.botName);
  const from = { ...activity.from, ...(bot && accountOf(bot)), role: "bot" };
  return { ...activity, channelId, conversation: { id: conversation.id }, from };
}

function refuse(operation: string): RequestHandler {
  return () => {
    throw notSupported(operation);
  };
}

const refuseAnythingElse: RequestHandler = (request) => {
  throw notSupported(`${request.method} ${request.baseUrl}${request.path}`);
};

function unknownActivity(): ServiceError {
  return new ServiceError(404, "ActivityNotFoundInConversation", "No activity of that id is in the conversation.");
}

function conversationOf(response: Response): Conversation {
  return response.locals.conversation as Conversation;
}
