import { z } from "zod";

const label = "[a-z0-9]([a-z0-9-]*[a-z0-9])?";
const exactHost = `${label}(\\.${label})*`;
// Two labels at least behind the star, so that nobody allows a whole top-level domain.
const anyHostBelow = `\\*(\\.${label}){2,}`;

/** An entry of the allow-list: a host, or `*.suffix` for every host below it, with a port where it is not 443. */
export const serviceHost = z
  .string("must be a host")
  .regex(
    new RegExp(`^(${exactHost}|${anyHostBelow})(:\\d{1,5})?$`),
    "must be a host in lower case such as bots.example.com, or *.example.com for all below it, each with :port if it is not 443",
  );

const url = z
  .url({ protocol: /^https?$/, error: "must be a URL that starts with https://" })
  .regex(/[^/]$/, "must not end with /");

const mustBeCallerId = "must be a caller id, such as urn:botframework:azure";

/** The differences between Azure's clouds: every endpoint, issuer, audience and host that the apps or the program talk to. */
export const cloud = z.strictObject(
  {
    /** Direct Line 3.0, without a path. */
    directLine: url,
    /** The address to open conversations with Teams users that have not written yet: a serviceUrl without its last slash. */
    teams: url,
    /** Issuer (`iss`) of the tokens that channels send to the bot. */
    tokenIssuer: url,
    /** OpenID metadata of the keys that sign those tokens. */
    channelOpenIdMetadata: url,
    /** OpenID metadata for tokens of the Bot Framework Emulator and of skills. */
    emulatorOpenIdMetadata: url,
    /** The address at which botbuilder would log in with a secret; a managed identity does not use it. */
    loginUrl: url,
    /** The Bot Framework token service, for users' sign-ins. */
    oauthUrl: url,
    /** Audience of the bot's own tokens for the Connector. */
    connectorScope: url,
    /** The caller that botbuilder writes into activities. */
    callerId: z.string(mustBeCallerId).min(1, mustBeCallerId),
    /** Audience of tokens for an app's SCM endpoint. */
    appServiceAudience: url,
    /** Audience of tokens for Key Vault's data plane. */
    vaultAudience: url,
    /** Azure Resource Manager, without a path. */
    resourceManager: url,
    /** The Azure portal. */
    portal: url,
    /** Hosts that may receive the bot's token. */
    serviceHosts: z.array(serviceHost, "must be a list of hosts").min(1, "must name at least one host"),
  },
  "must be a row of infra/clouds.ts, as JSON",
);

export type Cloud = z.infer<typeof cloud>;

/** The rows by `azure-native:environment`. */
export const clouds: Record<string, Cloud> = {
  public: {
    // learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-direct-line-3-0-api-reference
    directLine: "https://directline.botframework.com",
    // microsoft/Agents-for-net, TeamsProactiveServiceEndpoints; a tenant in GCC has https://smba.infra.gcc.teams.microsoft.com/teams
    teams: "https://smba.trafficmanager.net/teams",
    // The next six: botframework-connector, src/auth/authenticationConstants.ts
    tokenIssuer: "https://api.botframework.com",
    channelOpenIdMetadata: "https://login.botframework.com/v1/.well-known/openidconfiguration",
    emulatorOpenIdMetadata: "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
    loginUrl: "https://login.microsoftonline.com/botframework.com",
    oauthUrl: "https://api.botframework.com",
    connectorScope: "https://api.botframework.com",
    // botframework-schema, src/callerIdConstants.ts
    callerId: "urn:botframework:azure",
    // github.com/microsoft/vscode-azuretools/pull/2258: the ARM audience is deprecated for SCM
    appServiceAudience: "https://appservice.azure.com",
    // learn.microsoft.com/azure/key-vault/general/authentication
    vaultAudience: "https://vault.azure.net",
    // learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure
    resourceManager: "https://management.azure.com",
    portal: "https://portal.azure.com",
    serviceHosts: [
      // Web Chat, Direct Line and its regions, Slack and others; Microsoft alone names hosts under it
      "*.botframework.com",
      // Teams, public and GCC: learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages.
      // Never *.trafficmanager.net: anyone can register a name there.
      "smba.trafficmanager.net",
      "smba.infra.gcc.teams.microsoft.com",
    ],
  },
  usgovernment: {
    // learn.microsoft.com/azure/bot-service/how-to-deploy-gov-cloud-high
    directLine: "https://directline.botframework.azure.us",
    // GCC High, as in TeamsProactiveServiceEndpoints; DoD has https://smba.infra.dod.teams.microsoft.us/teams
    teams: "https://smba.infra.gov.teams.microsoft.us/teams",
    // The next six: botframework-connector, src/auth/governmentConstants.ts
    tokenIssuer: "https://api.botframework.us",
    channelOpenIdMetadata: "https://login.botframework.azure.us/v1/.well-known/openidconfiguration",
    emulatorOpenIdMetadata:
      "https://login.microsoftonline.us/cab8a31a-1906-4287-a0d8-4eef66b95f6e/v2.0/.well-known/openid-configuration",
    loginUrl: "https://login.microsoftonline.us/MicrosoftServices.onmicrosoft.us",
    oauthUrl: "https://api.botframework.azure.us",
    connectorScope: "https://api.botframework.us",
    // botframework-schema, src/callerIdConstants.ts
    callerId: "urn:botframework:azureusgov",
    // github.com/microsoft/vscode-azuretools/pull/2258
    appServiceAudience: "https://appservice.azure.us",
    // learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure
    vaultAudience: "https://vault.usgovcloudapi.net",
    resourceManager: "https://management.usgovcloudapi.net",
    portal: "https://portal.azure.us",
    serviceHosts: [
      "*.botframework.azure.us",
      // Teams in GCC High and DoD, as in the Microsoft 365 Agents SDK's TeamsProactiveServiceEndpoints
      "smba.infra.gov.teams.microsoft.us",
      "smba.infra.dod.teams.microsoft.us",
    ],
  },
};
