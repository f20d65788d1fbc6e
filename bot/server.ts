import express, { type Express } from "express";
import type { Readiness } from "../core/health";
import type { ChannelAdapter } from "./channel/channel-adapter";
import { messages } from "./channel/messages";
import { health } from "./health";
import type { Notifications } from "./notify/notifications";
import { notifyApi } from "./notify/notify-api";
import type { ProactiveBot } from "./proactive-bot";
import { refuse } from "./refuse";
import { type WebChatSettings, webChat } from "./web-chat";

export interface ServerParts {
  adapter: ChannelAdapter;
  bot: ProactiveBot;
  notifications: Notifications;
  readiness: Readiness;
  /** The chat page is served where this is given. */
  webChat?: WebChatSettings;
}

/** The bot's endpoints. */
export function createServer(parts: ServerParts): Express {
  const server = express();
  server.disable("x-powered-by");
  server.set("trust proxy", 1); // App Service's front end
  server.use(health(parts.readiness));
  server.use(messages(parts.adapter, parts.bot));
  server.use(notifyApi(parts.notifications));
  if (parts.webChat) server.use(webChat(parts.webChat));
  server.use(refuse);
  return server;
}
