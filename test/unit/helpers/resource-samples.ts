import type { Properties } from "../../../local/cloud/resource-type";
import type { OwnCloud } from "./own-cloud";

/** Inputs of one type, as the program under azure-native gives them. */
export interface Sample {
  inputs: Properties;
  /** Inputs that may become others in place. Absent: the type has none. */
  change?: Properties;
  /** Inputs that make another resource, each with another value. */
  replace: Properties;
}

const queueDataReader = "19e7f393-937e-4f77-808e-94535e297925";
const inGroup = { resourceGroupName: "group" };
const tags = { stack: "test" };
const otherTags = { change: { tags: { stack: "another" } } };
const elsewhere = { resourceGroupName: "other" };

/** Makes what the samples stand on. */
export async function makeGround(own: OwnCloud): Promise<void> {
  await own.make("storage:StorageAccount", "a", { ...account, accountName: "ground" });
  await own.make("keyvault:Vault", "v", { ...vault(own), vaultName: "ground" });
  await own.make("managedidentity:UserAssignedIdentity", "i", { ...inGroup, resourceName: "ground" });
  await own.make("operationalinsights:Workspace", "w", { ...inGroup, workspaceName: "ground" });
  await own.make("applicationinsights:Component", "c", { ...insights, resourceName: "ground" });
  await own.make("monitor:ActionGroup", "g", { ...actionGroup, actionGroupName: "ground" });
  await own.make("web:AppServicePlan", "p", { ...inGroup, name: "ground" });
  await own.make("web:WebApp", "s", { ...webApp(own), name: "ground" });
  const properties = { ...bot.properties, msaAppId: "6f1c2a34-8f8e-4f0f-8a4b-95d3f6f0b0b1" };
  await own.make("botservice:Bot", "b", { ...bot, resourceName: "ground", properties });
}

const account = { ...inGroup, kind: "StorageV2", sku: { name: "Standard_LRS" }, allowSharedKeyAccess: false };

const insights = { ...inGroup, kind: "web", applicationType: "web" };

const actionGroup = {
  ...inGroup,
  location: "global",
  groupShortName: "operators",
  enabled: true,
  emailReceivers: [{ name: "operator", emailAddress: "ops@example.com", useCommonAlertSchema: true }],
};

function vault({ cloud }: OwnCloud) {
  const sku = { family: "A", name: "standard" };
  const days = { softDeleteRetentionInDays: 7 };
  return { ...inGroup, properties: { tenantId: cloud.entra.tenantId, sku, enableRbacAuthorization: true, ...days } };
}

function webApp(own: OwnCloud) {
  return {
    ...inGroup,
    kind: "app,linux",
    serverFarmId: own.idOf("Microsoft.Web/serverfarms/ground"),
    identity: {
      type: "UserAssigned",
      userAssignedIdentities: [own.idOf("Microsoft.ManagedIdentity/userAssignedIdentities/ground")],
    },
    httpsOnly: true,
    siteConfig: { linuxFxVersion: "NODE|22-lts", appCommandLine: "node index.js", alwaysOn: true },
  };
}

const bot = {
  ...inGroup,
  location: "global",
  kind: "azurebot",
  sku: { name: "F0" },
  properties: {
    displayName: "Bot",
    endpoint: "https://127.0.0.1:1/api/messages",
    msaAppType: "UserAssignedMSI",
    msaAppId: "2f9b2f5e-58e2-4f0c-9bb4-1f1b7f7f2f7e",
  },
};

/** A template that switches a bot's Direct Line on. */
export function directLine(bot: string) {
  const channelName = "DirectLineChannel";
  const properties = { channelName, properties: { sites: [{ siteName: "Default Site", isEnabled: true }] } };
  const type = "Microsoft.BotService/botServices/channels";
  const channel = { type, apiVersion: "2022-09-15", name: `${bot}/${channelName}`, location: "global", properties };
  return { contentVersion: "1.0.0.0", resources: [channel] };
}

/** By Pulumi's token. */
export function samples(own: OwnCloud): Record<string, Sample> {
  const site = { ...inGroup, name: "ground" };
  const vaultInputs = vault(own);
  const webAppInputs = webApp(own);
  return {
    "azure-native:applicationinsights:Component": {
      inputs: {
        ...insights,
        workspaceResourceId: own.idOf("Microsoft.OperationalInsights/workspaces/ground"),
      },
      change: { disableLocalAuth: true },
      replace: { location: "northeurope", resourceName: "other", ...elsewhere },
    },
    "azure-native:authorization:RoleAssignment": {
      inputs: {
        principalId: own.cloud.operator.objectId,
        principalType: "User",
        roleDefinitionId: own.role(queueDataReader),
        scope: own.group,
      },
      change: { description: "looks into the queues" },
      replace: { principalId: "someone", scope: "/subscriptions/other", roleAssignmentName: "other" },
    },
    "azure-native:botservice:Bot": {
      inputs: bot,
      change: { properties: { ...bot.properties, endpoint: "https://127.0.0.1:2/api/messages" } },
      replace: { location: "westus", resourceName: "other", ...elsewhere },
    },
    "azure-native:botservice:Channel": {
      inputs: {
        ...inGroup,
        resourceName: "ground",
        channelName: "MsTeamsChannel",
        properties: { channelName: "MsTeamsChannel", properties: { isEnabled: true } },
      },
      ...otherTags,
      replace: { channelName: "DirectLineChannel", resourceName: "other", location: "westus", ...elsewhere },
    },
    "azure-native:keyvault:Secret": {
      inputs: { ...inGroup, vaultName: "ground", secretName: "webhook", properties: { value: "first" } },
      change: { properties: { value: "second" } },
      replace: { vaultName: "other", secretName: "other", ...elsewhere },
    },
    "azure-native:keyvault:Vault": {
      inputs: vaultInputs,
      change: { properties: { ...vaultInputs.properties, sku: { family: "A", name: "premium" } } },
      replace: { location: "northeurope", vaultName: "other", ...elsewhere },
    },
    "azure-native:managedidentity:UserAssignedIdentity": {
      inputs: { ...inGroup, tags },
      ...otherTags,
      replace: { location: "northeurope", resourceName: "other", ...elsewhere },
    },
    "azure-native:monitor:ActionGroup": {
      inputs: actionGroup,
      change: { emailReceivers: [{ name: "operator", emailAddress: "others@example.com" }] },
      replace: { location: "westus", actionGroupName: "other", ...elsewhere },
    },
    "azure-native:monitor:DiagnosticSetting": {
      inputs: {
        name: "console-logs",
        resourceUri: own.idOf("Microsoft.Web/sites/ground"),
        workspaceId: own.idOf("Microsoft.OperationalInsights/workspaces/ground"),
        logs: [{ category: "AppServiceConsoleLogs", enabled: true }],
      },
      change: { logs: [{ category: "AppServiceConsoleLogs", enabled: false }] },
      replace: { name: "other", resourceUri: "/subscriptions/other" },
    },
    "azure-native:monitor:ScheduledQueryRule": {
      inputs: {
        ...inGroup,
        kind: "LogAlert",
        enabled: true,
        severity: 2,
        scopes: [own.idOf("Microsoft.Insights/components/ground")],
        criteria: { allOf: [{ query: "traces", timeAggregation: "Count", operator: "GreaterThan", threshold: 0 }] },
        evaluationFrequency: "PT5M",
        windowSize: "PT15M",
        actions: { actionGroups: [own.idOf("Microsoft.Insights/actionGroups/ground")] },
      },
      change: { windowSize: "PT1H", severity: 0 },
      replace: { location: "northeurope", ruleName: "other", ...elsewhere },
    },
    "azure-native:operationalinsights:Workspace": {
      inputs: { ...inGroup, sku: { name: "PerGB2018" }, retentionInDays: 30 },
      change: { retentionInDays: 60 },
      replace: { location: "northeurope", workspaceName: "other", ...elsewhere },
    },
    "azure-native:resources:Deployment": {
      inputs: { ...inGroup, properties: { mode: "Incremental", template: directLine("ground") } },
      change: { properties: { mode: "Incremental", template: { ...directLine("ground"), contentVersion: "1.0.0.1" } } },
      replace: { deploymentName: "other", ...elsewhere },
    },
    "azure-native:resources:ResourceGroup": {
      inputs: { location: "westeurope", tags },
      ...otherTags,
      replace: { location: "northeurope", resourceGroupName: "other" },
    },
    "azure-native:storage:Queue": {
      inputs: { ...inGroup, accountName: "ground", queueName: "bot-queue" },
      replace: { accountName: "other", queueName: "other", ...elsewhere },
    },
    "azure-native:storage:StorageAccount": {
      inputs: account,
      change: { allowSharedKeyAccess: true },
      replace: { location: "northeurope", isHnsEnabled: true, accountName: "other", ...elsewhere },
    },
    "azure-native:storage:Table": {
      inputs: { ...inGroup, accountName: "ground", tableName: "botstate" },
      replace: { accountName: "other", tableName: "other", ...elsewhere },
    },
    "azure-native:web:AppServicePlan": {
      inputs: { ...inGroup, kind: "linux", reserved: true, sku: { name: "B1", capacity: 1 } },
      change: { sku: { name: "P1v3", capacity: 2 }, zoneRedundant: true },
      replace: { location: "northeurope", name: "other", ...elsewhere },
    },
    "azure-native:web:WebApp": {
      inputs: webAppInputs,
      change: { httpsOnly: false, siteConfig: { ...webAppInputs.siteConfig, healthCheckPath: "/healthz" } },
      replace: { location: "northeurope", kind: "functionapp,linux", name: "other", ...elsewhere },
    },
    "azure-native:web:WebAppApplicationSettings": {
      inputs: { ...site, properties: { GREETING: "hello", "with.dot": "1" } },
      change: { properties: { GREETING: "good day" } },
      replace: { name: "other", ...elsewhere },
    },
    "azure-native:web:WebAppFtpAllowed": {
      inputs: { ...site, allow: false },
      replace: { name: "other", ...elsewhere },
    },
    "azure-native:web:WebAppScmAllowed": {
      inputs: { ...site, allow: false },
      replace: { name: "other", ...elsewhere },
    },
    "random:index/randomBytes:RandomBytes": {
      inputs: { length: 32, keepers: { version: "1" } },
      replace: { length: 64, keepers: { version: "2" } },
    },
  };
}
