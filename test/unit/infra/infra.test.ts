import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { clouds } from "../../../infra/clouds";
import { assertIncludes } from "../helpers/assert-includes";
import {
  appSettings,
  armToken,
  type Deployment,
  deploy,
  deployer,
  directLineKey,
  isSecret,
  openTexts,
  type Registration,
  scmToken,
  subscription,
  suffix,
  tenantId,
  unwrap,
} from "./deployment";

const govConfig = {
  "azure-native:environment": "usgovernment",
  "azure-native:location": "usgovarizona",
  "acme-bot:queueName": "other-queue",
  "acme-bot:webChat": "false",
  "acme-bot:teams": "true",
  "acme-bot:botSku": "S1",
  "acme-bot:appServiceSku": "P1v3",
  "acme-bot:instances": "3",
  "acme-bot:zoneRedundant": "true",
  "acme-bot:storageSku": "Standard_GZRS",
  "acme-bot:tags": '{"costCenter":"1234","owner":"Ärger & Söhne"}',
  "acme-bot:nodeVersion": "24",
  "acme-bot:operatorObjectId": "00000000-0000-4000-8000-0000000000ff",
  "acme-bot:serviceHosts": '["bots.example.com"]',
  "acme-bot:webhookVersion": "2",
  "acme-bot:releaseTimeout": "60",
  "acme-bot:delivery": "api",
  "acme-bot:schedules": '[{"cron":"0 0 9 * * 1-5","dialog":"learner"}]',
  "acme-bot:deliveryDays": "7",
  "acme-bot:alertEmail": "ops@example.com",
};
// One after the other: each bundles, and the machine may have one core.
const standard = deploy();
const government = standard.then(() => deploy(govConfig));
const firstPreview = government.then(() => deploy({}, true));

const bot = `acme-bot${suffix}`;
const fn = `acme-function${suffix}`;
const botClient = `client-acme-bot-bot${suffix}`;
const functionClient = `client-acme-bot-function${suffix}`;
const account = `acmebot${suffix}`;
const group = `${subscription}/resourceGroups/${bot}/providers`;

test("the mocks know the outputs of each resource", async () => {
  assert.deepEqual((await standard).unknownTypes, [], "add them to `known` in deployment.ts");
});

test("every name has a random suffix, except names that azure-native chooses and names of children", async () => {
  const { resources } = await standard;
  const named = ["queueName", "tableName", "channelName"];
  for (const { inputs, type } of resources) {
    const given = ["resourceName", "accountName", "workspaceName", "roleAssignmentName", "name", ...named].filter(
      (key) => key in inputs,
    );
    const allowed: Record<string, string[]> = {
      "azure-native:storage:Queue": ["accountName", "queueName"],
      "azure-native:storage:Table": ["accountName", "tableName"],
      "azure-native:botservice:Channel": ["resourceName", "channelName"],
      "azure-native:monitor:DiagnosticSetting": ["name"],
    };
    const ofSite = type.startsWith("azure-native:web:WebAppA") || type.endsWith("Allowed") ? ["name"] : [];
    assert.deepEqual(given, allowed[type] ?? ofSite, type);
  }
});

test("names that azure-native makes fit Azure's limits", async () => {
  const { resources } = await standard;
  const made = (type: string) => resources.filter((r) => r.type === type).map((r) => r.name + suffix);
  for (const name of made("azure-native:storage:StorageAccount")) assert.match(name, /^[a-z0-9]{3,24}$/);
  // The Functions host cuts longer names, and two apps would share their locks.
  for (const name of made("azure-native:web:WebApp")) assert.match(name, /^[a-z0-9-]{2,32}$/);
  for (const name of made("azure-native:botservice:Bot")) assert.match(name, /^[a-z0-9-]{2,42}$/);
});

test("both apps speak TLS 1.2 or better over https, take no passwords and stay on", async () => {
  for (const [index, runtime] of [
    [0, { kind: "app,linux", linuxFxVersion: "NODE|22-lts", appCommandLine: "node index.js" }],
    [1, { kind: "functionapp,linux", linuxFxVersion: "NODE|22", appCommandLine: undefined }],
  ] as const) {
    const site = all(await standard, "web:WebApp")[index]?.inputs as Record<string, Record<string, unknown>>;
    assert.equal(site.kind, runtime.kind);
    assert.equal(site.httpsOnly, true);
    assert.equal(site.clientAffinityEnabled, false);
    assert.equal(site.reserved, true);
    assert.equal("publicNetworkAccess" in site, false);
    const { siteConfig } = site;
    const expected = {
      alwaysOn: true,
      ftpsState: "Disabled",
      healthCheckPath: "/healthz",
      http20Enabled: true,
      linuxFxVersion: runtime.linuxFxVersion,
      minTlsVersion: "1.2",
      scmMinTlsVersion: "1.2",
      webSocketsEnabled: false,
      ...(runtime.appCommandLine && { appCommandLine: runtime.appCommandLine }),
      // azure-native adds these two to every site.
      localMySqlEnabled: false,
      netFrameworkVersion: "v4.6",
    };
    assert.deepEqual(siteConfig, expected);
  }
  for (const type of ["web:WebAppFtpAllowed", "web:WebAppScmAllowed"]) {
    const policies = all(await standard, type);
    assert.deepEqual(policies.map((p) => p.inputs.name).sort(), [bot, fn]);
    for (const { inputs } of policies) assert.equal(inputs.allow, false);
  }
});

test("the parts of one site are written one after the other, its settings last", async () => {
  const deployment = await standard;
  for (const name of ["acme-bot", "acme-function"]) {
    const writes = [
      one(deployment, "web:WebApp", name),
      one(deployment, "web:WebAppFtpAllowed", `${name}-ftp`),
      one(deployment, "web:WebAppScmAllowed", `${name}-scm`),
      one(deployment, "web:WebAppApplicationSettings", `${name}-settings`),
    ];
    writes.slice(1).forEach((write, index) => {
      assert.ok(write.began > (writes[index]?.ended ?? Infinity), `${write.name} waits for ${writes[index]?.name}`);
    });
  }
});

test("the plan has one instance in one zone", async () => {
  const { inputs } = one(await standard, "web:AppServicePlan");
  assert.deepEqual([inputs.sku, inputs.zoneRedundant], [{ name: "B1", capacity: 1 }, false]);
});

test("each app has its own identity and no other", async () => {
  const identityOf = (name: string) =>
    `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/acme-bot-${name}${suffix}`;
  for (const [name, identity] of [
    ["acme-bot", "bot"],
    ["acme-function", "function"],
  ] as const) {
    const { inputs } = one(await standard, "web:WebApp", name);
    assert.deepEqual(inputs.identity, { type: "UserAssigned", userAssignedIdentities: [identityOf(identity)] });
  }
});

test("the storage account has no keys and nothing public", async () => {
  const { inputs } = one(await standard, "storage:StorageAccount");
  const { location, resourceGroupName, tags, ...rest } = inputs;
  assert.deepEqual(rest, {
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
    allowBlobPublicAccess: false,
    allowCrossTenantReplication: false,
    allowSharedKeyAccess: false,
    defaultToOAuthAuthentication: true,
    enableHttpsTrafficOnly: true,
    minimumTlsVersion: "TLS1_2",
  });
  const names = (type: string, key: string) => standard.then((d) => all(d, type).map((r) => r.inputs[key]));
  assert.deepEqual(await names("storage:Queue", "queueName"), ["bot-queue", "bot-queue-poison"]);
  assert.deepEqual(await names("storage:Table", "tableName"), ["botstate", "references", "deliveries"]);
});

test("Application Insights takes telemetry only with a token", async () => {
  const { inputs } = one(await standard, "applicationinsights:Component");
  assert.equal(inputs.disableLocalAuth, true);
  const workspace = `${group}/Microsoft.OperationalInsights/workspaces/acme-bot-logs${suffix}`;
  assert.equal(inputs.workspaceResourceId, workspace);
  assert.deepEqual(one(await standard, "monitor:DiagnosticSetting").inputs, {
    name: "console-logs",
    resourceUri: `${group}/Microsoft.Web/sites/${bot}`,
    workspaceId: workspace,
    logs: [{ category: "AppServiceConsoleLogs", enabled: true }],
  });
});

test("the configured address gets a mail about messages in the poison queue", async () => {
  const { location, resourceGroupName, tags, ...operators } = one(await government, "monitor:ActionGroup").inputs;
  assert.equal(location, "global");
  assert.equal(resourceGroupName, bot);
  assert.deepEqual(operators, {
    groupShortName: "acmebot",
    enabled: true,
    emailReceivers: [{ name: "operator", emailAddress: "ops@example.com", useCommonAlertSchema: true }],
  });
  const rule = one(await government, "monitor:ScheduledQueryRule").inputs;
  assert.deepEqual(rule, {
    location: "usgovarizona",
    resourceGroupName: bot,
    tags,
    kind: "LogAlert",
    displayName: "Messages wait in the poison queue",
    description: "Look at them with `npm run cli -- poison list`.",
    enabled: true,
    severity: 2,
    scopes: [`${group}/Microsoft.Insights/components/acme-bot-insights${suffix}`],
    criteria: {
      allOf: [
        {
          query: 'traces | where message startswith "Poison queue:"',
          timeAggregation: "Count",
          operator: "GreaterThan",
          threshold: 0,
        },
      ],
    },
    evaluationFrequency: "PT5M",
    windowSize: "PT15M",
    autoMitigate: true,
    skipQueryValidation: true,
    actions: { actionGroups: [`${group}/Microsoft.Insights/actionGroups/acme-bot-operators${suffix}`] },
  });
});

test("without an address no alert is made, because it would cost money", async () => {
  assert.deepEqual(all(await standard, "monitor:ActionGroup"), []);
  assert.deepEqual(all(await standard, "monitor:ScheduledQueryRule"), []);
});

test("each principal has exactly the roles that its work needs", async () => {
  const storage = `${group}/Microsoft.Storage/storageAccounts/${account}`;
  const [queue, poison] = ["bot-queue", "bot-queue-poison"].map(
    (name) => `${storage}/queueServices/default/queues/${name}`,
  );
  const tables = ["botstate", "references", "deliveries"].map(
    (name) => `${storage}/tableServices/default/tables/${name}`,
  );
  const [sender, reader, queueContributor] = [
    "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
    "19e7f393-937e-4f77-808e-94535e297925",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
  ];
  const [secretsUser, vault] = [
    "4633458b-17de-408a-b874-0445c86b69e6",
    `${group}/Microsoft.KeyVault/vaults/acme${suffix}`,
  ];
  const tableContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3";
  const forBot = [
    ...[queue, poison].flatMap((scope) => [
      [sender, scope],
      [reader, scope],
    ]),
    ...tables.map((scope) => [tableContributor, scope]),
    [secretsUser, vault],
  ];
  const forFunction = [
    ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b", storage],
    [queueContributor, storage],
    [tableContributor, storage],
    ["3913510d-42f4-4e42-8a64-420c390055eb", `${group}/Microsoft.Insights/components/acme-bot-insights${suffix}`],
    [secretsUser, vault],
  ];
  const forOperator = [
    ...[queue, poison].map((scope) => [queueContributor, scope]),
    ...tables.map((scope) => [tableContributor, scope]),
  ];
  const app = "ServicePrincipal";
  const expected = [
    ...forBot.map((grant) => [`principal-acme-bot-bot${suffix}`, app, ...grant]),
    ...forFunction.map((grant) => [`principal-acme-bot-function${suffix}`, app, ...grant]),
    // Not even "User", which azure-native would say: pipelines are service principals.
    ...forOperator.map((grant) => [deployer, undefined, ...grant]),
  ];
  const definitions = `${subscription}/providers/Microsoft.Authorization/roleDefinitions/`;
  const found = all(await standard, "authorization:RoleAssignment").map(({ inputs }) => [
    inputs.principalId,
    inputs.principalType,
    String(inputs.roleDefinitionId).replace(definitions, ""),
    inputs.scope,
  ]);
  assert.deepEqual(found.sort(byText), expected.sort(byText));
});

test("the vault holds both secrets, by roles alone, and a destroyed one can be purged", async () => {
  const { inputs } = one(await standard, "keyvault:Vault");
  assert.deepEqual(inputs.properties, {
    tenantId,
    sku: { family: "A", name: "standard" },
    enableRbacAuthorization: true,
    softDeleteRetentionInDays: 7,
    // azure-native adds these to every vault
    enableSoftDelete: true,
    enabledForDeployment: false,
    enabledForDiskEncryption: false,
    enabledForTemplateDeployment: false,
    publicNetworkAccess: "enabled",
  });
  const secrets = all(await standard, "keyvault:Secret").map(({ inputs }) => [
    inputs.secretName,
    (unwrap(inputs.properties) as { value: string }).value,
  ]);
  assert.deepEqual(secrets.sort(byText), [
    ["direct-line", directLineKey],
    ["webhook", (await standard).outputs.webhookSecret],
  ]);
});

test("a configured operator gets the roles instead of the deployer", async () => {
  const principals = all(await government, "authorization:RoleAssignment").map(({ inputs }) => inputs.principalId);
  assert.equal(principals.filter((id) => id === govConfig["acme-bot:operatorObjectId"]).length, 5);
  assert.equal(principals.includes(deployer), false);
});

test("the bot's app settings have what the bot reads", async () => {
  assertIncludes(appSettings(await standard, "acme-bot"), {
    MicrosoftAppId: botClient,
    MicrosoftAppType: "UserAssignedMSI",
    MicrosoftAppTenantId: tenantId,
    ToChannelFromBotLoginUrl: "https://login.microsoftonline.com/botframework.com",
    ToChannelFromBotOAuthScope: "https://api.botframework.com",
    ToBotFromChannelTokenIssuer: "https://api.botframework.com",
    OAuthUrl: "https://api.botframework.com",
    ToBotFromChannelOpenIdMetadataUrl: "https://login.botframework.com/v1/.well-known/openidconfiguration",
    ToBotFromEmulatorOpenIdMetadataUrl:
      "https://login.microsoftonline.com/common/v2.0/.well-known/openid-configuration",
    CallerId: "urn:botframework:azure",
    AZURE_TOKEN_CREDENTIALS: "prod",
    QUEUE_URL: `https://${account}.queue.example/bot-queue`,
    TABLE_SERVICE_URL: `https://${account}.table.example/`,
    SERVICE_HOSTS: "*.botframework.com,smba.trafficmanager.net,smba.infra.gcc.teams.microsoft.com",
    WEB_CHAT: "true",
    DIRECT_LINE_ENDPOINT: "https://directline.botframework.com",
    TEAMS_ENDPOINT: "https://smba.trafficmanager.net/teams",
    VAULT_URL: `https://acme${suffix}.vault.example`,
    VAULT_AUDIENCE: "https://vault.azure.net",
    SCM_DO_BUILD_DURING_DEPLOYMENT: "false",
    NODE_OPTIONS: "--enable-source-maps",
  });
});

test("the function's app settings have what the function and its host read", async () => {
  assertIncludes(appSettings(await standard, "acme-function"), {
    FUNCTIONS_EXTENSION_VERSION: "~4",
    FUNCTIONS_WORKER_RUNTIME: "node",
    SCM_DO_BUILD_DURING_DEPLOYMENT: "false",
    NODE_OPTIONS: "--enable-source-maps",
    AzureWebJobsStorage__blobServiceUri: `https://${account}.blob.example/`,
    AzureWebJobsStorage__queueServiceUri: `https://${account}.queue.example/`,
    AzureWebJobsStorage__tableServiceUri: `https://${account}.table.example/`,
    AzureWebJobsStorage__credential: "managedidentity",
    AzureWebJobsStorage__clientId: functionClient,
    QUEUE_NAME: "bot-queue",
    QUEUE_URL: `https://${account}.queue.example/bot-queue`,
    DELIVERY: "directLine",
    DIRECT_LINE_ENDPOINT: "https://directline.botframework.com",
    NOTIFY_URL: `https://acme-bot${suffix}.sites.example/api/notify`,
    SCHEDULES: "[]",
    DELIVERY_DAYS: "30",
    REFERENCE_DAYS: "90",
    SENDS_PER_SECOND: "40",
    INSTANCES: "1",
    VAULT_URL: `https://acme${suffix}.vault.example`,
    VAULT_AUDIENCE: "https://vault.azure.net",
    APPLICATIONINSIGHTS_CONNECTION_STRING: "IngestionEndpoint=https://insights.example/",
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: `ClientId=${functionClient};Authorization=AAD`,
    AZURE_TOKEN_CREDENTIALS: "prod",
  });
});

test("another cloud and other choices reach the apps", async () => {
  const found = appSettings(await government, "acme-bot");
  const cloud = clouds.usgovernment;
  assert.ok(cloud);
  assert.equal(found.ToBotFromChannelTokenIssuer, cloud.tokenIssuer);
  assert.equal(found.ToChannelFromBotOAuthScope, cloud.connectorScope);
  assert.equal(found.DIRECT_LINE_ENDPOINT, cloud.directLine);
  assert.equal(found.SERVICE_HOSTS, [...cloud.serviceHosts, "bots.example.com"].join(","));
  assert.equal(found.QUEUE_URL, `https://${account}.queue.example/other-queue`);
  assert.equal(found.WEB_CHAT, "false");
  assert.equal(found.VAULT_AUDIENCE, cloud.vaultAudience);
  const { DELIVERY, SCHEDULES, DELIVERY_DAYS } = appSettings(await government, "acme-function");
  const schedule = '{"cron":"0 0 9 * * 1-5","dialog":"learner","to":"all","name":"schedule1"}';
  assert.deepEqual([DELIVERY, SCHEDULES, DELIVERY_DAYS], ["api", `[${schedule}]`, "7"]);

  const { inputs: plan } = one(await government, "web:AppServicePlan");
  assert.deepEqual(plan.sku, { name: "P1v3", capacity: 3 });
  assert.equal(plan.zoneRedundant, true);
  assert.deepEqual(one(await government, "storage:StorageAccount").inputs.sku, { name: "Standard_GZRS" });
  assert.equal(plan.location, "usgovarizona");
  const linux = all(await government, "web:WebApp").map(
    ({ inputs }) => (inputs.siteConfig as Record<string, string>).linuxFxVersion,
  );
  assert.deepEqual(linux, ["NODE|24-lts", "NODE|24"]);
  assert.deepEqual(one(await government, "botservice:Bot").inputs.sku, { name: "S1" });
  const asked = (await government).invokes.filter((i) => i.token.endsWith("getClientToken"));
  // azure-native's own audience is Azure Resource Manager of the cloud that it works in.
  const endpoints = asked.map(({ inputs }) => inputs.endpoint ?? "its own").sort();
  assert.deepEqual(endpoints, [cloud.appServiceAudience, cloud.appServiceAudience, "its own", "its own"]);
  assert.match((await government).outputs.portalUrl ?? "", /^https:\/\/portal\.azure\.us\//);
  assert.deepEqual(random(await government).keepers, { version: "2" });
});

test("the bot is registered with its own identity", async () => {
  const { inputs } = one(await standard, "botservice:Bot");
  assert.equal(inputs.location, "global");
  assert.equal(inputs.kind, "azurebot");
  assert.deepEqual(inputs.sku, { name: "F0" });
  assert.deepEqual(inputs.properties, {
    displayName: "Proactive bot",
    endpoint: `https://${bot}.sites.example/api/messages`,
    msaAppType: "UserAssignedMSI",
    msaAppId: botClient,
    msaAppTenantId: tenantId,
    msaAppMSIResourceId: `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/acme-bot-bot${suffix}`,
    // azure-native adds these to every bot; without disableLocalAuth Direct Line's keys work.
    iconUrl: "",
    isCmekEnabled: false,
    isStreamingSupported: false,
    publicNetworkAccess: "Enabled",
  });
});

test("Direct Line is made or changed by a template and is no resource of its own", async () => {
  const { inputs } = one(await standard, "resources:Deployment");
  assert.equal(inputs.location, undefined, "Azure refuses one");
  const { mode, template } = inputs.properties as { mode: string; template: { resources: Record<string, unknown>[] } };
  assert.equal(mode, "Incremental");
  const [channel, ...others] = template.resources;
  assert.deepEqual(others, []);
  assert.deepEqual(channel, {
    type: "Microsoft.BotService/botServices/channels",
    apiVersion: "2022-09-15",
    name: `${bot}/DirectLineChannel`,
    location: "global",
    properties: {
      channelName: "DirectLineChannel",
      properties: { sites: [{ siteName: "Default Site", isEnabled: true, isV1Enabled: false, isV3Enabled: true }] },
    },
  });
  assert.deepEqual(all(await standard, "botservice:Channel"), []);
});

test("Teams is a channel only when the configuration says so", async () => {
  const channels = all(await government, "botservice:Channel").map(({ inputs }) => inputs.channelName);
  assert.deepEqual(channels, ["MsTeamsChannel"]);
});

test("no input contains a secret that is not marked as one", async () => {
  for (const deployment of [await standard, await government]) {
    const open = deployment.resources.flatMap((resource) => openTexts(resource.inputs));
    for (const secret of deployment.secrets) {
      assert.deepEqual(
        open.filter((text) => text.includes(secret)),
        [],
      );
    }
    for (const { inputs } of all(deployment, "keyvault:Secret")) assert.ok(isSecret(inputs.properties));
    for (const { inputs } of releases(deployment)) assert.ok(isSecret(inputs.tokens));
  }
});

test("each secret is marked as one at its source", async () => {
  assert.deepEqual((await standard).secretProperties.sort(), ["BotRegistration.directLineKey", "WebhookSecret.value"]);
});

test("the webhook secret is 32 random bytes, renewed by its version", async () => {
  assert.deepEqual(random(await standard), { length: 32, keepers: { version: "1" } });
  const secret = (await standard).outputs.webhookSecret ?? "";
  assert.equal(Buffer.from(secret.replace(/^whsec_/, ""), "base64").length, 32);
});

test("every resource that takes tags has the project, the stack and the user's own tags", async () => {
  const own = { costCenter: "1234", owner: "Ärger & Söhne" };

  let tagged = 0;
  for (const { type, inputs, name } of (await government).resources.filter((r) => r.type.startsWith("azure-native:"))) {
    const [, module, resource = ""] = type.split(":");
    const source = require.resolve(
      `@pulumi/azure-native/${module}/${resource[0]?.toLowerCase()}${resource.slice(1)}.js`,
    );
    if (!readFileSync(source, "utf8").includes('resourceInputs["tags"] = args?.tags')) continue;
    assert.deepEqual(inputs.tags, { ...own, project: "acme-bot", stack: "test" }, `${type} ${name}`);
    tagged++;
  }
  assert.equal(tagged, 17);
});

test("the stack's outputs are those that users and tests rely on", async () => {
  const { webhookSecret, ...outputs } = (await standard).outputs;
  assert.match(webhookSecret ?? "", /^whsec_/);
  assert.deepEqual(outputs, {
    webChatUrl: `https://${bot}.sites.example`,
    botEndpoint: `https://${bot}.sites.example/api/messages`,
    notifyUrl: `https://${bot}.sites.example/api/notify`,
    queueName: "bot-queue",
    queueUrl: `https://${account}.queue.example/bot-queue`,
    tableServiceUrl: `https://${account}.table.example/`,
    sendsPerSecond: 40,
    botName: bot,
    botAppId: botClient,
    botDisplayName: "Proactive bot",
    teams: false,
    resourceGroupName: bot,
    portalUrl: `https://portal.azure.com/#@${tenantId}/resource${subscription}/resourceGroups/${bot}`,
  });
  assert.deepEqual((await standard).secretOutputs, ["webhookSecret"]);
  assert.equal("webChatUrl" in (await government).outputs, false, "no page, no address");
  assert.equal((await government).outputs.teams, true);
});

test("an app is released with its package to the SCM host that Azure lists", async () => {
  const [forBot, forFunction] = releases(await standard).sort((a, b) => byText(a.name, b.name));
  for (const [release, kind, name] of [
    [forBot, "web", bot],
    [forFunction, "function", fn],
  ] as const) {
    const { package: path, version, ...inputs } = unwrap(release?.inputs) as Record<string, string>;
    assert.deepEqual(inputs, {
      site: name,
      kind,
      scmUrl: `https://${name}.scm.sites.example`,
      appUrl: `https://${name}.sites.example`,
      siteId: `${subscription}/resourceGroups/${bot}/providers/Microsoft.Web/sites/${name}`,
      resourceManager: "https://management.azure.com",
      tokens: { appService: scmToken, resourceManager: armToken },
      timeoutSeconds: 1200,
    });
    assert.match(version ?? "", /^[0-9a-f]{64}$/);
    const app = kind === "web" ? "bot" : "function";
    assert.match(path ?? "", new RegExp(`^node_modules/\\.cache/infra/${app}-[0-9a-f]{64}\\.zip$`));
  }
});

test("roles come before apps, the channel before its key, settings before code", async () => {
  for (const deployment of [await standard, await government]) {
    const appRoles = all(deployment, "authorization:RoleAssignment").filter((r) => !r.name.startsWith("operator"));
    const sites = all(deployment, "web:WebApp");
    before(appRoles, sites);
    const functionSettings = one(deployment, "web:WebAppApplicationSettings", "acme-function-settings");
    before(all(deployment, "resources:Deployment"), [functionSettings]);
    for (const name of ["acme-bot", "acme-function"]) {
      const release = releases(deployment).filter((r) => r.name === `${name}-release`);
      before([one(deployment, "web:WebAppApplicationSettings", `${name}-settings`)], release);
      before(
        [
          one(deployment, "web:WebAppScmAllowed", `${name}-scm`),
          one(deployment, "web:WebAppFtpAllowed", `${name}-ftp`),
        ],
        release,
      );
    }
  }
});

test("without a token for App Service the release uses the one for Azure Resource Manager, and a warning says why", async () => {
  const audience = "https://appservice.azure.com";
  const deployment = await deploy({}, false, [audience]);
  const tokens = releases(deployment).map(({ inputs }) => unwrap(inputs.tokens));
  assert.deepEqual(tokens, [{ resourceManager: armToken }, { resourceManager: armToken }]);
  const warning = `Your login gets no token for App Service (Audience ${audience} is not a supported MSI token audience). The code is pushed with the token for Azure Resource Manager instead.`;
  assert.equal(deployment.said.split(warning).length - 1, 2, deployment.said);
  for (const { inputs } of releases(deployment)) assert.ok(!openTexts(inputs).includes(armToken));
});

test("without any token the program ends with both reasons and the command to run", async () => {
  const refused = ["https://appservice.azure.com", ""];
  await assert.rejects(deploy({}, false, refused), (error: { stderr: string }) => {
    assert.match(error.stderr, /your login gets no token for Azure Resource Manager \(Audience .* audience\)/);
    assert.match(error.stderr, /and none for App Service \(Audience https:\/\/appservice\.azure\.com is not/);
    assert.match(error.stderr, /Log in again \(`az login`\)/);
    return true;
  });
});

test("a first preview requests no key and no deployment token", async () => {
  const { invokes, resources } = await firstPreview;
  assert.deepEqual(
    invokes.map((invoke) => invoke.token),
    ["azure-native:authorization:getClientConfig"],
  );
  assert.deepEqual(resources.map((r) => r.name).sort(), (await standard).resources.map((r) => r.name).sort());
});

test("a wrong configuration is refused before a resource is made, and the error names every wrong key", async () => {
  const wrong = { "acme-bot:queueName": "Bad_", "acme-bot:appServiceSku": "F1" };
  await assert.rejects(deploy(wrong), (error: { stderr: string }) => {
    assert.match(error.stderr, /acme-bot:queueName is "Bad_": must be/);
    assert.match(error.stderr, /acme-bot:appServiceSku is "F1": must be/);
    return true;
  });
});

/** In the order of their names' appearance in the program, which is not the order of registration. */
function all({ resources }: Deployment, type: string): Registration[] {
  const order = [
    "acme-bot",
    "acme-function",
    "queue",
    "poison",
    "botstate",
    "references",
    "deliveries",
    "direct-line",
    "teams",
  ];
  const rank = ({ name }: Registration) => order.findLastIndex((part) => name.includes(part));
  return resources.filter((r) => r.type === `azure-native:${type}`).sort((a, b) => rank(a) - rank(b));
}

function one(deployment: Deployment, type: string, name?: string): Registration {
  const [found, ...others] = all(deployment, type).filter((r) => name === undefined || r.name === name);
  assert.ok(found && !others.length, `one ${type} ${name ?? ""}`);
  return found;
}

function releases({ resources }: Deployment): Registration[] {
  return resources.filter((r) => r.type === "pulumi-nodejs:dynamic:Resource");
}

function random({ resources }: Deployment): Record<string, unknown> {
  return resources.find((r) => r.type.startsWith("random:"))?.inputs ?? {};
}

function before(first: Registration[], then: Registration[]): void {
  assert.ok(first.length && then.length);
  for (const a of first)
    for (const b of then) assert.ok(a.ended < b.began, `${a.name} is done before ${b.name} begins`);
}

function byText(a: unknown, b: unknown): number {
  return String(a) < String(b) ? -1 : 1;
}
