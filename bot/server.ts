import type { Activity } from "botbuilder";
import express, { type Express, type RequestHandler, Router } from "express";
import { z } from "zod";
import { liveness, type Readiness } from "../core/health";
import { type ChannelAdapter, UnauthorizedError } from "./channel/channel-adapter";
import { answerError } from "./http-errors";
import type { Notifications } from "./notify/notifications";
import { notifyApi } from "./notify/notify-api";
import type { Dialogs } from "./state/conversations";
import type { TurnHandler } from "./turn-handler";
import { type WebChatSettings, webChat } from "./web-chat";

/** Direct Line's own limit for an activity is 262,144 bytes; a channel's envelope adds a little. */
const activityLimit = "320kb";

/** The fields that every activity has. Without them botbuilder rejects a promise that its own error handling does not catch. */
const activity = z.looseObject({
  type: z.string().min(1),
  channelId: z.string().min(1),
  serviceUrl: z.string().min(1),
  conversation: z.looseObject({ id: z.string().min(1) }),
});

export interface ServerParts {
  adapter: ChannelAdapter;
  turnHandler: TurnHandler;
  notifications: Notifications;
  dialogs: Dialogs;
  readiness: Readiness;
  /** Present: the bot serves the chat page. */
  webChat?: WebChatSettings;
}

/** The bot's endpoints. */
export function createServer(parts: ServerParts): Express {
  const server = express();
  server.disable("x-powered-by");
  server.set("trust proxy", 1); // App Service's front end
  server.use(health(parts.readiness));
  server.use(messages(parts.adapter, parts.turnHandler));
  server.use(notifyApi(parts.notifications, parts.dialogs));
  if (parts.webChat) server.use(webChat(parts.webChat));
  server.use(answerError);
  return server;
}

/** `/healthz`: the process runs, and in which version. `/readyz`: the bot reaches everything it needs. */
function health(readiness: Readiness): Router {
  const live = liveness();
  return Router()
    .get("/healthz", (_request, response) => void response.json(live.body))
    .get("/readyz", async (_request, response) => {
      const { status, body } = await readiness.answer();
      response.status(status).json(body);
    });
}

/** `POST /api/messages`: Bot Service sends each activity of a conversation to it. */
function messages(adapter: ChannelAdapter, handler: TurnHandler): Router {
  const receive: RequestHandler = async (request, response) => {
    const received = activity.parse(request.body) as unknown as Activity;
    const { authorization = "" } = request.headers;
    const invoke = await adapter.receive(authorization, received, (context) => handler.run(context));
    response.status(invoke?.status ?? 200);
    if (invoke?.body) response.json(invoke.body);
    else response.end();
  };
  return Router().post("/api/messages", requireToken, express.json({ limit: activityLimit }), receive);
}

/** A request without a token gets no other answer, and its body is not read. */
const requireToken: RequestHandler = (request, _response, next) => {
  next(request.headers.authorization ? undefined : new UnauthorizedError("the request has no token"));
};
