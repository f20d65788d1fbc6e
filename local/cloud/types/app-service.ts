import { same, suffixed } from "../names";
import { NotSupported } from "../not-supported";
import { resourceType } from "../resource-type";
import { inGroup } from "./resource-group";

const siteId = `${inGroup}/Microsoft.Web/sites/{name}`;

interface WebAppInputs {
  kind?: string;
  identity?: { type?: string; userAssignedIdentities?: string[] };
  siteConfig?: { appCommandLine?: string; healthCheckPath?: string; linuxFxVersion?: string };
}

/** What `siteConfig` may say here. Settings have a resource of their own. */
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
  properties: Record<string, string>;
}

export const plan = resourceType({ id: `${inGroup}/Microsoft.Web/serverfarms/{name}`, autoname: suffixed });

export const webApp = resourceType<WebAppInputs>({
  id: siteId,
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
  async create({ cloud, inputs, name }) {
    refuseUnsupported(inputs);
    const identities = (inputs.identity?.userAssignedIdentities ?? []).map((id) => cloud.identity(id));
    const { healthCheckPath } = inputs.siteConfig ?? {};
    const site = await cloud.addSite({ name, identities, command: startCommand(inputs), healthCheckPath });
    return {
      defaultHostName: site.hostName,
      hostNameSslStates: [
        { name: site.hostName, hostType: "Standard" },
        { name: site.scmHostName, hostType: "Repository" },
      ],
    };
  },
});

export const webAppApplicationSettings = resourceType<ApplicationSettingsInputs>({
  id: `${siteId}/config/appsettings`,
  autoname: same,
  inputs: ["resourceGroupName", "name", "properties"],
  async create({ cloud, inputs }) {
    await cloud.site(inputs.name).configure(inputs.properties);
    return {};
  },
});

/** Passwords for publishing by FTP or to the SCM site: this cloud has none to allow. */
export const publishingPasswords = (way: "ftp" | "scm") =>
  resourceType<{ allow: boolean }>({
    id: `${siteId}/basicPublishingCredentialsPolicies/${way}`,
    autoname: same,
    inputs: ["resourceGroupName", "name", "allow"],
    create({ inputs }) {
      if (inputs.allow) throw new NotSupported("publishing with basic credentials");
      return {};
    },
  });

function refuseUnsupported({ identity, siteConfig = {} }: WebAppInputs): void {
  const unknown = Object.keys(siteConfig).find((key) => !siteConfigs.includes(key));
  if (unknown) throw new NotSupported(`siteConfig.${unknown}`);
  if (identity?.type !== "UserAssigned") throw new NotSupported(`the identity type ${identity?.type}`);
}

/** What starts an app: the Functions host, or the command line, which here has to be `node …`. */
function startCommand({ kind = "", siteConfig }: WebAppInputs): "functions" | string[] {
  if (!siteConfig?.linuxFxVersion?.toUpperCase().startsWith("NODE|")) {
    throw new NotSupported(`linuxFxVersion ${siteConfig?.linuxFxVersion}`);
  }
  if (kind.includes("functionapp")) return "functions";
  const [program, ...rest] = siteConfig.appCommandLine?.split(" ") ?? [];
  if (program !== "node") throw new NotSupported(`the command line ${siteConfig.appCommandLine}`);
  return rest;
}
