/**
 * Runs the Pulumi program once under mocks, in a process of its own since Pulumi's runtime is global.
 * The mocks know the outputs of the template's resources, and throw at an invoke that they do not know.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { promisify } from "node:util";
import * as pulumi from "@pulumi/pulumi";

export const root = resolve(__dirname, "../../..");

export interface Registration {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
  /** When the mock was asked and when it had answered, counted in events. */
  began: number;
  ended: number;
}

export interface Deployment {
  resources: Registration[];
  /** Types of resources of which the mocks know no outputs. */
  unknownTypes: string[];
  invokes: { token: string; inputs: Record<string, unknown> }[];
  /** Plain values, secrets too. */
  outputs: Record<string, string>;
  /** Warnings and the like: what the program wrote on standard error. */
  said: string;
  secretOutputs: string[];
  /** `Component.property` of everything that a component of the program offers as a secret. */
  secretProperties: string[];
  /** What must show nowhere unless marked as secret. */
  secrets: string[];
}

/** Not the template's own name: the names of the resources follow it. */
const project = "acme-bot";
export const subscription = "/subscriptions/00000000-0000-4000-8000-000000000001";
export const tenantId = "00000000-0000-4000-8000-000000000002";
export const deployer = "00000000-0000-4000-8000-000000000003";
export const directLineKey = "the-direct-line-key";
export const scmToken = "the-token-for-app-service";
export const armToken = "the-token-for-resource-manager";
/** What the mocks hang on every name, as azure-native does. */
export const suffix = "1a2b3c4d";

/**
 * @param refused audiences that the login gets no token for; "" is azure-native's own
 * @throws Error with the program's standard error when it fails.
 */
export async function deploy(
  config: Record<string, string> = {},
  preview = false,
  refused: string[] = [],
): Promise<Deployment> {
  const order = JSON.stringify({ config, preview, refused });
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["-r", "./scripts/typescript.cjs", __filename, order],
    {
      cwd: root,
      maxBuffer: 1 << 26,
    },
  );
  return { ...JSON.parse(stdout), said: stderr };
}

/** A value without the marks that secrets carry. */
export function unwrap(value: unknown): unknown {
  if (isSecret(value)) return unwrap(value.value);
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, unwrap(inner)]));
}

/** The app settings of an app, by the logical name of its site. */
export function appSettings({ resources }: Deployment, site: string): Record<string, string> {
  const found = resources.find(({ name }) => name === `${site}-settings`);
  assert.equal(found?.inputs.name, site + suffix);
  return unwrap(found?.inputs.properties) as Record<string, string>;
}

/** Every text of a value that is not marked as secret. */
export function openTexts(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || isSecret(value)) return [];
  return Object.values(value).flatMap(openTexts);
}

export function isSecret(value: unknown): value is { value: unknown } {
  return (
    (value as Record<string, unknown> | null)?.["4dabf18193072939515e22adb298388d"] ===
    "1b47061264138c4ac30d75fd1eb44270"
  );
}

type Inputs = Record<string, unknown>;
const webhookBytes = randomBytes(32).toString("base64");
const group = (inputs: Inputs) => `${subscription}/resourceGroups/${inputs.resourceGroupName}/providers`;

/** A resource of a type that a fork has added: it has an id and a name. */
function madeByName(inputs: Inputs, name: string) {
  return made(`${group(inputs)}/Fork.Types/resources/${name}`, name);
}

/** Id, name and outputs of everything that the template makes. */
const known: Record<string, (inputs: Inputs, name: string) => { id: string; state: Inputs }> = {
  "azure-native:resources:Deployment": (inputs, name) =>
    made(`${group(inputs)}/Microsoft.Resources/deployments/${name}`, name),
  "azure-native:resources:ResourceGroup": (_, name) => made(`${subscription}/resourceGroups/${name}`, name),
  "azure-native:managedidentity:UserAssignedIdentity": (inputs, name) =>
    made(`${group(inputs)}/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`, name, {
      clientId: `client-${name}`,
      principalId: `principal-${name}`,
      tenantId,
    }),
  "azure-native:storage:StorageAccount": (inputs, name) =>
    made(`${group(inputs)}/Microsoft.Storage/storageAccounts/${name}`, name, {
      primaryEndpoints: {
        blob: `https://${name}.blob.example/`,
        queue: `https://${name}.queue.example/`,
        table: `https://${name}.table.example/`,
      },
    }),
  "azure-native:storage:Queue": (inputs) => {
    const account = `${group(inputs)}/Microsoft.Storage/storageAccounts/${inputs.accountName}`;
    return made(`${account}/queueServices/default/queues/${inputs.queueName}`, String(inputs.queueName));
  },
  "azure-native:storage:Table": (inputs) => {
    const account = `${group(inputs)}/Microsoft.Storage/storageAccounts/${inputs.accountName}`;
    return made(`${account}/tableServices/default/tables/${inputs.tableName}`, String(inputs.tableName));
  },
  "azure-native:authorization:RoleAssignment": (inputs, name) =>
    made(`${inputs.scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, name),
  "azure-native:operationalinsights:Workspace": (inputs, name) =>
    made(`${group(inputs)}/Microsoft.OperationalInsights/workspaces/${name}`, name),
  "azure-native:applicationinsights:Component": (inputs, name) =>
    made(`${group(inputs)}/Microsoft.Insights/components/${name}`, name, {
      connectionString: "IngestionEndpoint=https://insights.example/",
    }),
  "azure-native:monitor:ActionGroup": (inputs, name) =>
    made(`${group(inputs)}/Microsoft.Insights/actionGroups/${name}`, name),
  "azure-native:monitor:ScheduledQueryRule": (inputs, name) =>
    made(`${group(inputs)}/Microsoft.Insights/scheduledQueryRules/${name}`, name),
  "azure-native:monitor:DiagnosticSetting": (inputs) =>
    made(`${inputs.resourceUri}/providers/Microsoft.Insights/diagnosticSettings/${inputs.name}`, String(inputs.name)),
  "azure-native:keyvault:Vault": (inputs, name) =>
    made(`${group(inputs)}/Microsoft.KeyVault/vaults/${name}`, name, {
      properties: { vaultUri: `https://${name}.vault.example/` },
    }),
  "azure-native:keyvault:Secret": (inputs) => {
    const vault = `${group(inputs)}/Microsoft.KeyVault/vaults/${inputs.vaultName}`;
    return made(`${vault}/secrets/${inputs.secretName}`, String(inputs.secretName));
  },
  "azure-native:web:AppServicePlan": (inputs, name) => made(`${group(inputs)}/Microsoft.Web/serverfarms/${name}`, name),
  "azure-native:web:WebApp": (inputs, name) =>
    made(`${group(inputs)}/Microsoft.Web/sites/${name}`, name, {
      defaultHostName: `${name}.sites.example`,
      hostNameSslStates: [
        { hostType: "Standard", name: `${name}.sites.example` },
        { hostType: "Repository", name: `${name}.scm.sites.example` },
      ],
    }),
  "azure-native:web:WebAppFtpAllowed": (inputs) => madeOfSite(inputs, "basicPublishingCredentialsPolicies/ftp"),
  "azure-native:web:WebAppScmAllowed": (inputs) => madeOfSite(inputs, "basicPublishingCredentialsPolicies/scm"),
  "azure-native:web:WebAppApplicationSettings": (inputs) => madeOfSite(inputs, "config/appsettings"),
  "azure-native:botservice:Bot": (inputs, name) =>
    made(`${group(inputs)}/Microsoft.BotService/botServices/${name}`, name),
  "azure-native:botservice:Channel": (inputs) => {
    const bot = `${group(inputs)}/Microsoft.BotService/botServices/${inputs.resourceName}`;
    return made(`${bot}/channels/${inputs.channelName}`, `${inputs.resourceName}/${inputs.channelName}`);
  },
  "random:index/randomBytes:RandomBytes": () => made("webhook", "webhook", { base64: webhookBytes }),
  "pulumi-nodejs:dynamic:Resource": (inputs) => made(String(inputs.site), String(inputs.site)),
};

const invokes: Record<string, (inputs: Inputs) => Inputs> = {
  "azure-native:authorization:getClientConfig": () => ({
    clientId: "deployer",
    objectId: deployer,
    subscriptionId: subscription.split("/")[2],
    tenantId,
  }),
  "azure-native:authorization:getClientToken": ({ endpoint }) => ({ token: endpoint ? scmToken : armToken }),
  "azure-native:botservice:listChannelWithKeys": ({ channelName }) => ({
    properties: {
      channelName,
      properties: { sites: [{ siteName: "Default Site", isEnabled: true, key: directLineKey }] },
    },
  }),
};

function made(id: string, name: string, state: Inputs = {}) {
  return { id, state: { ...state, name } };
}

function madeOfSite(inputs: Inputs, rest: string) {
  return made(`${group(inputs)}/Microsoft.Web/sites/${inputs.name}/${rest}`, rest.split("/")[1] ?? "");
}

interface Order {
  config: Record<string, string>;
  preview: boolean;
  refused: string[];
}

async function run({ config, preview, refused }: Order): Promise<Deployment> {
  const deployment: Deployment = {
    resources: [],
    invokes: [],
    outputs: {},
    said: "",
    secretOutputs: [],
    secretProperties: [],
    secrets: [],
    unknownTypes: [],
  };
  const components: pulumi.Resource[] = [];
  let events = 0;
  await pulumi.runtime.setMocks(
    {
      async newResource({ type, name, inputs: { __provider, ...inputs }, custom }) {
        const began = ++events;
        const plain = unwrap(inputs) as Inputs;
        if (custom === false || type === "pulumi:pulumi:Stack") return { id: undefined, state: {} };
        const make = known[type] ?? madeByName;
        if (!known[type]) deployment.unknownTypes.push(type);
        // Long enough that what does not wait for these comes first.
        await new Promise((done) => setTimeout(done, /RoleAssignment$|Allowed$/.test(type) ? 150 : 5));
        const { id, state } = make(plain, type.endsWith("RoleAssignment") ? name : name + suffix);
        deployment.resources.push({ type, name, inputs, began, ended: ++events });
        // A first preview knows what is given, and nothing that Azure makes.
        return preview ? { id: undefined, state: plain } : { id, state: { ...plain, ...state } };
      },
      call({ token: asked, inputs }) {
        deployment.invokes.push({ token: asked, inputs });
        const answer = invokes[asked];
        if (!answer) throw new Error(`the mocks know no ${asked}`);
        const { endpoint = "" } = inputs;
        if (asked.endsWith("getClientToken") && refused.includes(endpoint))
          throw Object.assign(new Error(), { details: `Audience ${endpoint} is not a supported MSI token audience.` });
        return answer(inputs);
      },
    },
    project,
    "test",
    preview,
  );
  pulumi.runtime.setAllConfig(config);
  let program: Record<string, pulumi.Output<string>> = {};
  const outputs = await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation(({ resource }) => {
      if (resource instanceof pulumi.ComponentResource) components.push(resource);
      return undefined;
    });
    program = require(resolve(root, "infra/index.ts"));
    return program;
  });
  await pulumi.runtime.disconnect();
  deployment.outputs = preview ? {} : { ...outputs };
  deployment.secretOutputs = await secretsOf(program);
  for (const component of components) {
    const names = await secretsOf(component);
    deployment.secretProperties.push(...names.map((name) => `${component.constructor.name}.${name}`));
  }
  deployment.secrets = [webhookBytes, directLineKey, scmToken, armToken];
  return deployment;
}

async function secretsOf(owner: object): Promise<string[]> {
  const names = [];
  for (const [name, value] of Object.entries(owner)) {
    if (pulumi.Output.isInstance(value) && (await pulumi.isSecret(value))) names.push(name);
  }
  return names;
}

if (require.main === module) {
  process.on("unhandledRejection", (error) => {
    console.error(error);
    process.exit(1);
  });
  run(JSON.parse(process.argv[2] ?? "{}")).then((deployment) => process.stdout.write(JSON.stringify(deployment)));
}
