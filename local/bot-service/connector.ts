import { type Request, type RequestHandler, type Response, Router } from "express";
import { type Account, type Activity, readActivity } from "./activity";
import { readBearerToken } from "./bearer";
import type { Bot } from "./bot";
import type { BotRegistry } from "./bot-registry";
import { type ConnectorAnswers, sendAnswer } from "./connector-answers";
import type { Conversation } from "./conversation";
import type { Conversations } from "./conversations";
import { jsonBody } from "./json-body";
import { notSupported, ServiceError, unknownPath } from "./service-error";

export interface ConnectorParts {
  bots: BotRegistry;
  /** The conversations of the channel. */
  conversations: Conversations;
  channelId: string;
  /** The bot's account on the channel. */
  accountOf(bot: Bot): Account & { id: string };
  /** `POST /v3/conversations`; some channels do not support it. Returns the body of the answer. @throws ServiceError */
  create?(appId: string, body: unknown): { id: string };
  answers: ConnectorAnswers;
  /** Rejects a token that was not issued to a bot for this service. */
  verifyBotToken(token: string): Promise<{ appId: string }>;
  log(line: string): void;
}

/** The Connector API, which bots call to send activities. It answers 501 for each operation that it does not support. */
export function connector(parts: ConnectorParts): Router {
  const router = Router();
  router.use(["/v3", "/api"], authenticate(parts));
  router.use("/v3/conversations/:id", findOwnConversation(parts));
  router.post("/v3/conversations/:id/activities/history", refuseOperation("sending a conversation's history"));
  router.post("/v3/conversations/:id/activities", jsonBody(), (request, response) =>
    sendActivity(parts, request, response),
  );
  router.post("/v3/conversations/:id/activities/:activityId", jsonBody(), (request, response) =>
    sendActivity(parts, request, response, String(request.params.activityId)),
  );
  router.put("/v3/conversations/:id/activities/:activityId", jsonBody(), (request, response) =>
    updateActivity(parts, request, response),
  );
  router.delete("/v3/conversations/:id/activities/:activityId", deleteActivity);
  router.get("/v3/conversations/:id/members", (_request, response) => {
    response.json([...conversationOf(response).members.values()]);
  });
  router.get("/v3/conversations/:id/pagedmembers", (_request, response) => {
    response.json({ members: [...conversationOf(response).members.values()] });
  });
  router.get("/v3/conversations/:id/members/:memberId", getMember);
  router.post("/v3/conversations", jsonBody(), (request, response) => createConversation(parts, request, response));
  router.get("/v3/conversations", refuseOperation("listing conversations (GET /v3/conversations)"));
  router.use("/v3/conversations/:id", refuseOtherOperations);
  router.use("/v3/attachments", refuseOtherOperations);
  router.use("/api/usertoken", refuseOperation("user sign-in (api/usertoken)"));
  router.use("/api/botsignin", refuseOperation("user sign-in (api/botsignin)"));
  router.use(["/v3", "/api"], unknownPath);
  return router;
}

function authenticate({ verifyBotToken, log }: ConnectorParts): RequestHandler {
  return async (request, response, next) => {
    const token = readBearerToken(request);
    try {
      response.locals.appId = (await verifyBotToken(token)).appId;
    } catch (error) {
      log(`bot service: connector: a token was refused: ${error instanceof Error ? error.message : String(error)}`);
      throw new ServiceError(401, "Unauthorized", "The token was refused.");
    }
    next();
  };
}

function createConversation(
  { create, channelId, answers }: ConnectorParts,
  request: Request,
  response: Response,
): void {
  if (!create) throw notSupported(`creating a conversation on the channel ${channelId} (POST /v3/conversations)`);
  const answer = answers.next();
  const body = !answer || answer.isDelivered ? create(response.locals.appId, request.body) : undefined;
  sendAnswer(response, answer ?? { status: 201, body });
}

function findOwnConversation({ bots, conversations }: ConnectorParts): RequestHandler {
  return (request, response, next) => {
    const conversation = conversations.find(String(request.params.id));
    if (!conversation) throw new ServiceError(404, "ConversationNotFound", "Conversation not found.");
    if (bots.find(conversation.botName)?.appId !== response.locals.appId) {
      throw new ServiceError(403, "Forbidden", "The conversation belongs to another bot.");
    }
    response.locals.conversation = conversation;
    next();
  };
}

function sendActivity(parts: ConnectorParts, request: Request, response: Response, replyToId?: string): void {
  const conversation = conversationOf(response);
  const activity = readActivity(request.body);
  const answer = parts.answers.next();
  const reply = asBotActivity(parts, conversation, replyToId === undefined ? activity : { ...activity, replyToId });
  const stored = !answer || answer.isDelivered ? conversation.append(reply) : undefined;
  sendAnswer(response, answer ?? { status: 200, body: { id: stored?.id } });
}

function updateActivity(parts: ConnectorParts, request: Request, response: Response): void {
  const conversation = conversationOf(response);
  const activity = asBotActivity(parts, conversation, readActivity(request.body));
  const stored = conversation.replace(String(request.params.activityId), activity);
  if (!stored) throw unknownActivity();
  response.json({ id: stored.id });
}

function deleteActivity(request: Request, response: Response): void {
  if (!conversationOf(response).remove(String(request.params.activityId))) throw unknownActivity();
  response.status(200).end();
}

function getMember(request: Request, response: Response): void {
  const found = conversationOf(response).members.get(String(request.params.memberId));
  if (!found)
    throw new ServiceError(404, "MemberNotFoundInConversation", "The conversation has no member with this id.");
  response.json(found);
}

/** Sets sender and conversation. The service ignores the bot's own values and uses the token and the path. */
function asBotActivity(
  { bots, channelId, accountOf }: ConnectorParts,
  conversation: Conversation,
  activity: Activity,
): Activity {
  const bot = bots.find(conversation.botName);
  const from = { ...activity.from, ...(bot && accountOf(bot)), role: "bot" };
  return { ...activity, channelId, conversation: { id: conversation.id }, from };
}

function refuseOperation(operation: string): RequestHandler {
  return () => {
    throw notSupported(operation);
  };
}

const refuseOtherOperations: RequestHandler = (request) => {
  throw notSupported(`${request.method} ${request.baseUrl}${request.path}`);
};

function unknownActivity(): ServiceError {
  return new ServiceError(404, "ActivityNotFoundInConversation", "The conversation has no activity with this id.");
}

function conversationOf(response: Response): Conversation {
  return response.locals.conversation as Conversation;
}
