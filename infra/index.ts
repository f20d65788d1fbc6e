import * as authorization from "@pulumi/azure-native/authorization";
import * as pulumi from "@pulumi/pulumi";
import { Access } from "./access";
import { botSettings, functionSettings } from "./app-settings";
import { BotRegistration } from "./bot-registration";
import { readConfig } from "./config";
import { ConsoleLogs } from "./console-logs";
import { Identities } from "./identities";
import { Monitoring } from "./monitoring";
import { packageBot, packageFunction } from "./package/app-package";
import { webChatScript } from "./package/web-chat";
import { Plan } from "./plan";
import { PoisonAlert } from "./poison-alert";
import { ResourceGroup } from "./resource-group";
import { Rollout } from "./rollout";
import { Secrets } from "./secrets";
import { Site } from "./site";
import { Storage } from "./storage";
import { Vault } from "./vault";
import { WebhookSecret } from "./webhook-secret";

const name = "proactive-bot";
const config = readConfig();
const { alertEmail, cloud, instances, nodeVersion, zoneRedundant } = config;
const { subscriptionId, objectId, tenantId } = authorization.getClientConfigOutput();

// The code, which is bundled while Azure works.
const botPackage = packageBot({ webChatScript: config.webChat ? webChatScript() : undefined });
const functionPackage = packageFunction();

// What everything else stands on.
const { group, placement } = new ResourceGroup(name, config);
const identities = new Identities(name, { placement });
const storage = new Storage(name, { placement, queueName: config.queueName, sku: config.storageSku });
const monitoring = new Monitoring(name, { placement });
const vault = new Vault("proactive", { placement, tenantId });

// Roles before apps: they take minutes to work everywhere.
const operator = { objectId: config.operatorObjectId ?? objectId, named: config.operatorObjectId !== undefined };
const access = new Access(name, { subscriptionId, identities, storage, monitoring, vault, operator });

// The apps, empty.
const plan = new Plan(name, { placement, group, sku: config.appServiceSku, instances, zoneRedundant });
const site = { placement, planId: plan.id, nodeVersion };
const botSite = new Site(name, { ...site, kind: "web", identity: identities.bot }, { dependsOn: [access] });
const functionSite = new Site(
  "proactive-function",
  { ...site, kind: "function", identity: identities.function },
  { dependsOn: [access] },
);
new ConsoleLogs(`${name}-console`, { siteId: botSite.id, monitoring });
if (alertEmail) new PoisonAlert(name, { placement, insightsId: monitoring.insights.id, email: alertEmail });

// The bot as the world knows it.
const botEndpoint = pulumi.interpolate`${botSite.url}/api/messages`;
const notifyUrl = pulumi.interpolate`${botSite.url}/api/notify`;
const registration = new BotRegistration(name, {
  placement,
  displayName: config.botDisplayName,
  sku: config.botSku,
  endpoint: botEndpoint,
  identity: identities.bot,
  teams: config.teams,
});
const webhook = new WebhookSecret(`${name}-webhook`, { version: config.webhookVersion });
const { directLineKey } = registration;
const secrets = new Secrets(name, { placement, vault, directLineKey, webhook: webhook.value });

// Settings and code; `pulumi up` ends when both apps answer.
const parts = { config, identities, storage, monitoring, secrets };
const rollout = { placement, cloud, timeoutSeconds: config.releaseTimeout };
new Rollout(name, { ...rollout, site: botSite, settings: botSettings(parts), package: botPackage });
new Rollout("proactive-function", {
  ...rollout,
  site: functionSite,
  settings: functionSettings({ ...parts, notifyUrl }),
  package: functionPackage,
});

// The stack's outputs.
export = {
  ...(config.webChat && { webChatUrl: botSite.url }),
  botEndpoint,
  notifyUrl,
  queueName: storage.queue.name,
  queueUrl: storage.queueUrl,
  /** The tables' service, with a slash at the end. */
  tableServiceUrl: storage.account.primaryEndpoints.table,
  /** The operator's tool lets no more of a broadcast come at a time. */
  sendsPerSecond: config.sendsPerSecond,
  botName: registration.name,
  /** The bot's Microsoft App ID. */
  botAppId: identities.bot.clientId,
  botDisplayName: config.botDisplayName,
  /** Whether the bot is reachable in Microsoft Teams. */
  teams: config.teams,
  resourceGroupName: group.name,
  portalUrl: pulumi.interpolate`${cloud.portal}/#@${tenantId}/resource${group.id}`,
  /** Secret: signs what is sent to `notifyUrl`. */
  webhookSecret: webhook.value,
};
