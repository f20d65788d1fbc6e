import { isDeepStrictEqual } from "node:util";
import { ArmError } from "../arm-error";
import { NotSupportedError, notSupported } from "../declared-only";
import type { LocalCloud, SiteDefinition } from "../local-cloud";
import { suffixed } from "../names";
import type { ResourceRecord } from "../resource-records";
import { type CheckFailure, type Making, resourceType } from "../resource-type";
import { inGroup } from "./resource-group";

const siteId = `${inGroup}/Microsoft.Web/sites/{name}`;

/** Azure answers 409 to a write to a site while another one is under way: github.com/pulumi/pulumi-azure-native/issues/903 */
const oneWriteAtATime = siteId;

interface PlanInputs {
  reserved?: boolean;
  sku?: { name?: string; capacity?: number };
  zoneRedundant?: boolean;
}

interface WebAppInputs {
  kind?: string;
  serverFarmId?: string;
  identity?: { type?: string; userAssignedIdentities?: string[] };
  siteConfig?: { appCommandLine?: string; healthCheckPath?: string; linuxFxVersion?: string };
}

/** The members of `siteConfig` that have a meaning here. Settings have a resource of their own. */
const siteConfigs = [
  "alwaysOn",
  "appCommandLine",
  "ftpsState",
  "healthCheckPath",
  "http20Enabled",
  "linuxFxVersion",
  "minTlsVersion",
  "scmMinTlsVersion",
  "webSocketsEnabled",
  "localMySqlEnabled", // azure-native's own default, as the next one
  "netFrameworkVersion",
];

interface ApplicationSettingsInputs {
  name: string;
  properties?: Record<string, string>;
}

export const plan = resourceType<PlanInputs>({
  id: `${inGroup}/Microsoft.Web/serverfarms/{name}`,
  name: /^[-A-Za-z0-9]{1,60}$/,
  autoname: suffixed,
  inputs: ["resourceGroupName", "name", "location", "tags", "kind", "reserved", "sku", "zoneRedundant"],
  replaces: ["location"],
  check({ reserved }) {
    return reserved === false ? [notSupported("reserved", "a plan for Windows (reserved: false)")] : [];
  },
  create({ inputs }) {
    refuseScale(inputs);
    return {};
  },
  async update({ cloud, inputs, id }) {
    refuseScale(inputs);
    const { capacity = 1 } = inputs.sku ?? {};
    await Promise.all(sitesOn(cloud, id).map(({ name }) => cloud.site(name).scale(capacity)));
    return {};
  },
  held({ cloud, id, name }) {
    const sites = sitesOn(cloud, id);
    if (sites.length === 0) return undefined;
    return `Server farm '${name}' cannot be deleted because it has web app(s) ${sites.map(({ name }) => name).join(", ")} assigned to it.`;
  },
});

const webAppToken = "azure-native:web:WebApp";

export const webApp = resourceType<WebAppInputs>({
  id: siteId,
  oneWriteAtATime,
  name: /^(?=.{2,60}$)[A-Za-z0-9]+(-+[A-Za-z0-9]+)*$/,
  autoname: suffixed,
  inputs: [
    "resourceGroupName",
    "name",
    "location",
    "tags",
    "kind",
    "serverFarmId",
    "reserved",
    "identity",
    "httpsOnly",
    "clientAffinityEnabled",
    "siteConfig",
    "hyperV", // azure-native's own default, as the next ones
    "isXenon",
    "scmSiteAlsoStopped",
  ],
  replaces: ["location", "kind"],
  check: (inputs) => [...unsupported(inputs), ...unsupportedCommand(inputs)],
  async create(making) {
    const { cloud, inputs, name, declaredOnly } = making;
    if (!inputs.siteConfig?.linuxFxVersion) {
      declaredOnly("siteConfig.linuxFxVersion", new NotSupportedError("a site without linuxFxVersion"));
    }
    if (cloud.hasSite(name)) throw new ArmError("Conflict", `Website with given name ${name} already exists.`);
    checkPlan(making);
    const site = await cloud.addSite(definition(cloud, inputs, name));
    return {
      defaultHostName: site.hostName,
      hostNameSslStates: [
        { name: site.hostName, hostType: "Standard" },
        { name: site.scmHostName, hostType: "Repository" },
      ],
    };
  },
  async update(changing) {
    const { cloud, inputs, olds, name } = changing;
    checkPlan(changing);
    if (!isDeepStrictEqual(running(inputs), running(olds))) await cloud.changeSite(definition(cloud, inputs, name));
    return {};
  },
  delete: ({ cloud, name }) => cloud.removeSite(name),
});

export const webAppApplicationSettings = resourceType<ApplicationSettingsInputs>({
  id: `${siteId}/config/appsettings`,
  oneWriteAtATime,
  inputs: ["resourceGroupName", "name", "properties"],
  singleton: true,
  async create({ cloud, inputs }) {
    await cloud.site(inputs.name).configure(inputs.properties ?? {});
    return {};
  },
  async update({ cloud, inputs }) {
    await cloud.site(inputs.name).configure(inputs.properties ?? {});
    return {};
  },
  read: ({ cloud, inputs }) => ({ inputs: { properties: cloud.site(inputs.name).settings } }),
  async delete({ cloud, inputs, withParent }) {
    if (!withParent) await cloud.site(inputs.name).configure({});
  },
});

/** Passwords for publishing by FTP or to the SCM site: this cloud has none to allow. */
export const publishingPasswords = (way: "ftp" | "scm") =>
  resourceType<{ allow: boolean }>({
    id: `${siteId}/basicPublishingCredentialsPolicies/${way}`,
    oneWriteAtATime,
    inputs: ["resourceGroupName", "name", "allow"],
    required: ["allow"],
    singleton: true,
    check: ({ allow }) => (allow ? [notSupported("allow", "publishing with basic credentials")] : []),
  });

function sitesOn(cloud: LocalCloud, planId: string): ResourceRecord[] {
  return cloud.resources.all.filter(({ token, inputs }) => token === webAppToken && isOn(inputs, planId));
}

/** Instances of a plan at most, by the first letter of its size: github.com/MicrosoftDocs/azure-docs/blob/main/includes/azure-websites-limits.md */
const mostInstances: Record<string, number> = { B: 3, S: 10, P: 30 };

/** Zones: learn.microsoft.com/azure/reliability/reliability-app-service */
function refuseScale({ sku: { name = "", capacity = 1 } = {}, zoneRedundant }: PlanInputs): void {
  const most = mostInstances[name[0] ?? ""] ?? 1;
  if (capacity > most) throw new ArmError("BadRequest", `A plan of size ${name} has ${most} instances at most.`);
  if (!zoneRedundant) return;
  if (!/^P\dm?v[234]$/.test(name)) throw new ArmError("BadRequest", `A plan of size ${name} cannot be zone redundant.`);
  if (capacity < 2) throw new ArmError("BadRequest", "A zone-redundant plan has 2 instances at least.");
}

function isOn({ serverFarmId }: WebAppInputs, planId: string): boolean {
  return serverFarmId?.toLowerCase() === planId.toLowerCase();
}

function checkPlan({ cloud, inputs: { serverFarmId }, declaredOnly }: Making<WebAppInputs>): void {
  if (serverFarmId && !cloud.exists(serverFarmId)) {
    declaredOnly("serverFarmId", new ArmError("NotFound", `Cannot find the server farm ${serverFarmId}.`));
  }
}

/** The inputs that a site's process depends on: App Service restarts the app when they change. */
function running({ identity, siteConfig }: WebAppInputs) {
  const { appCommandLine, healthCheckPath, linuxFxVersion } = siteConfig ?? {};
  return [identity?.userAssignedIdentities, appCommandLine, healthCheckPath, linuxFxVersion];
}

function definition(cloud: LocalCloud, inputs: WebAppInputs, name: string): SiteDefinition {
  const identities = (inputs.identity?.userAssignedIdentities ?? []).map((id) => cloud.identity(id));
  const plan = inputs.serverFarmId && cloud.resources.get(inputs.serverFarmId);
  const { capacity = 1 } = (plan && (plan.inputs as PlanInputs).sku) || {};
  const command = startCommand(inputs);
  return { name, identities, instances: capacity, command, healthCheckPath: inputs.siteConfig?.healthCheckPath };
}

function unsupported({ identity, siteConfig = {} }: WebAppInputs): CheckFailure[] {
  const unknown = Object.keys(siteConfig).filter((key) => !siteConfigs.includes(key));
  const failures = unknown.map((key) => notSupported(`siteConfig.${key}`, `siteConfig.${key}`));
  if (!identity?.type || identity.type === "UserAssigned") return failures;
  return [...failures, notSupported("identity.type", `the identity type ${identity.type}`)];
}

function unsupportedCommand({ kind = "", siteConfig = {} }: WebAppInputs): CheckFailure[] {
  const { linuxFxVersion, appCommandLine } = siteConfig;
  if (linuxFxVersion && !isNode(linuxFxVersion)) {
    return [notSupported("siteConfig.linuxFxVersion", `linuxFxVersion ${linuxFxVersion}`)];
  }
  if (kind.includes("functionapp") || !appCommandLine || appCommandLine.startsWith("node ")) return [];
  return [notSupported("siteConfig.appCommandLine", `the command line ${appCommandLine}`)];
}

function isNode(linuxFxVersion: string): boolean {
  return /^NODE\|/i.test(linuxFxVersion);
}

/**
 * The start of an app: the Functions host, or the command line `node …`. Without one App Service's image starts what package.json
 * calls `main`. A site of another runtime starts nothing. learn.microsoft.com/azure/app-service/configure-language-nodejs
 */
function startCommand({ kind = "", siteConfig = {} }: WebAppInputs): SiteDefinition["command"] {
  const { linuxFxVersion, appCommandLine = "" } = siteConfig;
  if (!linuxFxVersion || !isNode(linuxFxVersion)) return "nothing";
  if (kind.includes("functionapp")) return "functions";
  return appCommandLine.startsWith("node ") ? appCommandLine.split(" ").slice(1) : ["."];
}
