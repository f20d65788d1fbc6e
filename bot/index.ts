import { ManagedIdentityCredential } from "@azure/identity";
import { Readiness } from "../core/health";
import {
  deliveriesTable,
  directLineSecret,
  referencesTable,
  stateTable,
  webhookPattern,
  webhookSecret,
} from "../core/names";
import { MessageQueue } from "../core/queue/message-queue";
import { Deliveries } from "../core/tables/deliveries";
import { Table } from "../core/tables/table";
import { VaultSecret } from "../core/vault-secret";
import { ChannelAdapter } from "./channel/channel-adapter";
import { ConversationTurns } from "./channel/conversation-turns";
import { ConversationDialogs } from "./dialogs/engine/conversation-dialogs";
import { dialogs as ownDialogs } from "./dialogs/index";
import { log, reason } from "./log";
import { Notifications } from "./notify/notifications";
import { Addressees } from "./proactive/addressees";
import { ProactiveDelivery } from "./proactive/delivery";
import { UserQueue } from "./proactive/user-queue";
import { createServer } from "./server";
import { readSettings } from "./settings";
import { ConversationStore } from "./state/conversation-store";
import { Conversations } from "./state/conversations";
import { OptOuts } from "./state/opt-outs";
import { References } from "./state/references";
import { TurnHandler } from "./turn-handler";

/**
 * Milliseconds for an idle connection: longer than App Service's proxy keeps one (a minute), which answers 502 for a request
 * that meets its end. Node's 5 s are too short: github.com/Azure-App-Service/ImageBuilder/pull/323.
 */
const idleLimit = 75_000;

const settings = readSettings(process.env);
const credential = new ManagedIdentityCredential({ clientId: settings.appId });
const queue = new MessageQueue(settings.queueUrl, credential);
const vault = { ...settings.vault, credential };
const webhook = new VaultSecret(vault, webhookSecret, webhookPattern);
const directLine = new VaultSecret(vault, directLineSecret);

const { appId, serviceHosts, teamsServiceUrl } = settings;
const adapter = new ChannelAdapter(process.env, serviceHosts);
const turns = new ConversationTurns();
const table = (name: string) => new Table(settings.tableServiceUrl, name, credential);
const tables = { state: table(stateTable), references: table(referencesTable), deliveries: table(deliveriesTable) };
const conversations = new Conversations(new ConversationStore(tables.state));
const dialogs = new ConversationDialogs(conversations, ownDialogs);
const deliveries = new Deliveries(tables.deliveries);
const references = new References(tables.references);
const optOuts = new OptOuts(tables.references);
const addressees = new Addressees({ adapter, references, appId, teamsServiceUrl });
const shared = { dialogs, turns, references, optOuts };
const delivery = new ProactiveDelivery({ ...shared, adapter, queue, appId, deliveries, addressees });
const userQueue = new UserQueue(queue, dialogs);
const turnHandler = new TurnHandler({ ...shared, conversations, userQueue, delivery, webhook });
const notifications = new Notifications({ webhook, delivery, queue, deliveries, dialogs, serviceHosts });
const webChat = settings.webChat ? { directLine: settings.directLine, secret: directLine } : undefined;
const needed = [queue, ...Object.values(tables), webhook, ...(webChat ? [directLine] : [])];
const readiness = new Readiness(
  needed.map((dependency) => () => dependency.checkAccess()),
  (error) => log("error", "not ready", { reason: reason(error) }),
);

const endpoints = createServer({ adapter, turnHandler, notifications, dialogs, readiness, webChat });
const server = endpoints.listen(settings.port, (error) => {
  if (error) throw error;
  log("info", "listening", { port: settings.port });
});
server.keepAliveTimeout = idleLimit;
process.once("SIGTERM", () => server.close(() => process.exit(0)));
