import { ManagedIdentityCredential } from "@azure/identity";
import { MessageQueue, Readiness } from "../message";
import { ChannelAdapter } from "./channel-adapter";
import { ConversationTurns } from "./conversation-turns";
import { log, reason } from "./log";
import { ProactiveBot } from "./proactive-bot";
import { ProactiveDelivery } from "./proactive-delivery";
import { createServer } from "./server";
import { readSettings } from "./settings";

const settings = readSettings(process.env);
const queue = new MessageQueue(settings.queueUrl, new ManagedIdentityCredential({ clientId: settings.appId }));
const adapter = new ChannelAdapter(process.env, settings.serviceHosts);
const turns = new ConversationTurns();
const delivery = new ProactiveDelivery(adapter, queue, turns, settings.appId);
const bot = new ProactiveBot(queue, delivery, turns, settings.webhookSecret);
const readiness = new Readiness(
  () => queue.reach(),
  (error) => log("error", "not ready", { reason: reason(error) }),
);

const server = createServer({ adapter, bot, readiness, webChat: settings.webChat }).listen(settings.port, () =>
  log("info", "listening", { port: settings.port }),
);
process.once("SIGTERM", () => server.close(() => process.exit(0)));
