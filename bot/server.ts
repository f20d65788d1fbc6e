import express, { type Express, Router } from "express";
import { liveness, type Readiness } from "../core/health";
import type { ChannelAdapter } from "./channel/channel-adapter";
import { messagesEndpoint } from "./channel/messages-endpoint";
import { answerError } from "./http-errors";
import type { Notifications } from "./notify/notifications";
import { notifyApi } from "./notify/notify-api";
import type { Dialogs } from "./state/conversations";
import type { TurnHandler } from "./turn-handler";
import { type WebChatSettings, webChat } from "./web-chat";

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
  server.use(messagesEndpoint(parts.adapter, parts.turnHandler));
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
