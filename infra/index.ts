import * as authorization from "@pulumi/azure-native/authorization";
import * as pulumi from "@pulumi/pulumi";
import { readConfig } from "./config";
import { packageBot, packageFunction } from "./deploy/package/app-package";
import { webChatScript } from "./deploy/package/web-chat";
import { Rollout } from "./deploy/rollout";
import { namesOf } from "./names";
import { Access, Identities } from "./resources/access";
import { Plan, Site } from "./resources/app-service";
import { botSettings, functionSettings } from "./resources/app-settings";
import { BotRegistration } from "./resources/bot";
import { ConsoleLogs, Monitoring, PoisonAlert } from "./resources/monitoring";
import { ResourceGroup } from "./resources/resource-group";
import { Storage } from "./resources/storage";
import { Secrets, Vault, WebhookSecret } from "./resources/vault";

const names = namesOf(pulumi.getProject());
const name = names.bot;
const config = readConfig();
const { alertEmail, cloud, instances, nodeVersion, zoneRedundant } = config;
const { subscriptionId, objectId, tenantId } = authorization.getClientConfigOutput();

// The code, which is bundled while Azure works.
const botPackage = packageBot({ webChatScript: config.webChat ? webChatScript() : undefined });
const functionPackage = packageFunction();

// The foundations.
const { group, placement } = new ResourceGroup(name, config);
const identities = new Identities(name, { placement });
const storage = new Storage(name, {
  placement,
  accountName: names.storageAccount,
  queueName: config.queueName,
  sku: config.storageSku,
});
const monitoring = new Monitoring(name, { placement });
const vault = new Vault(names.vault, { placement, tenantId });

// Roles before apps: they take minutes to work everywhere.
const operator = { objectId: config.operatorObjectId ?? objectId, named: config.operatorObjectId !== undefined };
const access = new Access(name, { subscriptionId, identities, storage, monitoring, vault, operator });

// The apps, empty.
const plan = new Plan(name, { placement, group, sku: config.appServiceSku, instances, zoneRedundant });
const site = { placement, planId: plan.id, nodeVersion };
const botSite = new Site(name, { ...site, kind: "web", identity: identities.bot }, { dependsOn: [access] });
const functionSite = new Site(
  names.function,
  { ...site, kind: "function", identity: identities.function },
  { dependsOn: [access] },
);
new ConsoleLogs(`${name}-console`, { siteId: botSite.id, monitoring });
if (alertEmail) {
  const insightsId = monitoring.insights.id;
  new PoisonAlert(name, { placement, insightsId, email: alertEmail, shortName: names.alert });
}

// The bot's registration and its secrets.
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
new Rollout(names.function, {
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
  /** The command line tool sends a broadcast no faster. */
  sendsPerSecond: config.sendsPerSecond,
  botName: registration.name,
  /** The bot's Microsoft App ID. */
  botAppId: identities.bot.clientId,
  botDisplayName: config.botDisplayName,
  /** Whether the bot is reachable in Microsoft Teams. */
  teams: config.teams,
  resourceGroupName: group.name,
  portalUrl: pulumi.interpolate`${cloud.portal}/#@${tenantId}/resource${group.id}`,
  /** Secret: signs the requests to `notifyUrl`. */
  webhookSecret: webhook.value,
};
