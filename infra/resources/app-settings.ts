import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity";
import type * as pulumi from "@pulumi/pulumi";
import type { Config } from "../config";
import type { Identities } from "./access";
import type { Monitoring } from "./monitoring";
import type { Storage } from "./storage";
import type { Secrets } from "./vault";

export type AppSettings = Record<string, pulumi.Input<string>>;

export interface AppSettingsArgs {
  config: Config;
  identities: Identities;
  storage: Storage;
  monitoring: Monitoring;
  secrets: Secrets;
}

/**
 * The app has one identity and no developer's credential ("ManagedIdentityCredential" would mean the same, but makes
 * @azure/identity forget which identity); the zip is complete, so nothing is built where it is unpacked. Node reads the bundle's
 * source map, so that an error's stack names the file and line that were written.
 */
const common = {
  AZURE_TOKEN_CREDENTIALS: "prod",
  SCM_DO_BUILD_DURING_DEPLOYMENT: "false",
  NODE_OPTIONS: "--enable-source-maps",
};

/** The bot's environment. */
export function botSettings({ config, identities, storage, secrets }: AppSettingsArgs): AppSettings {
  const { cloud, webChat, serviceHosts } = config;
  return {
    ...common,
    MicrosoftAppId: identities.bot.clientId,
    MicrosoftAppType: "UserAssignedMSI",
    MicrosoftAppTenantId: identities.bot.tenantId,
    // botbuilder defaults none of these once one of them is set.
    ToChannelFromBotLoginUrl: cloud.loginUrl,
    ToChannelFromBotOAuthScope: cloud.connectorScope,
    ToBotFromChannelTokenIssuer: cloud.tokenIssuer,
    OAuthUrl: cloud.oauthUrl,
    ToBotFromChannelOpenIdMetadataUrl: cloud.channelOpenIdMetadata,
    ToBotFromEmulatorOpenIdMetadataUrl: cloud.emulatorOpenIdMetadata,
    CallerId: cloud.callerId,
    QUEUE_URL: storage.queueUrl,
    TABLE_SERVICE_URL: storage.account.primaryEndpoints.table,
    SERVICE_HOSTS: [...cloud.serviceHosts, ...serviceHosts].join(","),
    WEB_CHAT: String(webChat),
    DIRECT_LINE_ENDPOINT: cloud.directLine,
    TEAMS_ENDPOINT: cloud.teams,
    ...vault(secrets, config),
  };
}

/** The environment of the Functions host and the function. */
export function functionSettings(args: AppSettingsArgs & { notifyUrl: pulumi.Input<string> }): AppSettings {
  const { config, identities, storage, monitoring, secrets, notifyUrl } = args;
  return {
    ...common,
    FUNCTIONS_EXTENSION_VERSION: "~4",
    FUNCTIONS_WORKER_RUNTIME: "node",
    ...hostStorage(storage, identities.function),
    QUEUE_NAME: storage.queue.name,
    QUEUE_URL: storage.queueUrl,
    DELIVERY: config.delivery,
    DIRECT_LINE_ENDPOINT: config.cloud.directLine,
    NOTIFY_URL: notifyUrl,
    SCHEDULES: JSON.stringify(config.schedules),
    DELIVERY_DAYS: String(config.deliveryDays),
    REFERENCE_DAYS: String(config.referenceDays),
    SENDS_PER_SECOND: String(config.sendsPerSecond),
    INSTANCES: String(config.instances),
    ...vault(secrets, config),
    ...hostTelemetry(monitoring, identities.function),
  };
}

/** The apps read their secrets at run time: a Key Vault reference would be resolved once, before the roles work. */
function vault({ vaultUrl }: Secrets, { cloud }: Config): AppSettings {
  return { VAULT_URL: vaultUrl, VAULT_AUDIENCE: cloud.vaultAudience };
}

/** The host's storage by identity: learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity */
function hostStorage({ account }: Storage, identity: UserAssignedIdentity): AppSettings {
  return {
    AzureWebJobsStorage__blobServiceUri: account.primaryEndpoints.blob,
    AzureWebJobsStorage__queueServiceUri: account.primaryEndpoints.queue,
    AzureWebJobsStorage__tableServiceUri: account.primaryEndpoints.table,
    AzureWebJobsStorage__credential: "managedidentity",
    AzureWebJobsStorage__clientId: identity.clientId,
  };
}

/** learn.microsoft.com/azure/azure-functions/functions-app-settings#applicationinsights_authentication_string */
function hostTelemetry({ insights }: Monitoring, identity: UserAssignedIdentity): AppSettings {
  return {
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.connectionString,
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: identity.clientId.apply((id) => `ClientId=${id};Authorization=AAD`),
  };
}
