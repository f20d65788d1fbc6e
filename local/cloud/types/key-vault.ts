import { ArmError } from "../arm-error";
import { NotSupportedError, notSupported } from "../declared-only";
import type { LocalCloud } from "../local-cloud";
import { same, suffixed } from "../names";
import { type CheckFailure, type Properties, resourceType } from "../resource-type";
import { inGroup } from "./resource-group";

const vaultId = `${inGroup}/Microsoft.KeyVault/vaults/{vaultName}`;

interface VaultInputs {
  location?: string;
  tags?: Record<string, string>;
  properties: Properties & { softDeleteRetentionInDays?: number };
}

interface SecretInputs {
  vaultName: string;
  properties: Properties & { value?: string; contentType?: string };
}

export const vault = resourceType<VaultInputs>({
  id: vaultId,
  name: /^(?=.{3,24}$)[A-Za-z](-?[A-Za-z0-9])*$/,
  autoname: suffixed,
  inputs: ["resourceGroupName", "vaultName", "location", "tags", "properties"],
  required: ["properties.tenantId", "properties.sku"],
  replaces: ["location"],
  check({ properties = {} }, cloud) {
    return unsupported(properties, cloud.entra.tenantId);
  },
  async create({ cloud, inputs: { properties }, id, name, declaredOnly }) {
    if (properties.enableRbacAuthorization === undefined) {
      declaredOnly("properties.enableRbacAuthorization", new NotSupportedError("a vault with access policies"));
    }
    refuseTaken(cloud, name);
    const vault = await cloud.addVault(name, id, retentionDays(properties));
    return { properties: { ...properties, vaultUri: vault.url } };
  },
  update({ cloud, inputs: { properties }, olds, name }) {
    if (retentionDays(properties) !== retentionDays(olds.properties)) {
      const message = 'The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.';
      throw new ArmError("BadRequest", message);
    }
    return { properties: { ...properties, vaultUri: cloud.vault(name).url } };
  },
  async delete({ cloud, inputs: { location = "", tags, properties }, id, name }) {
    await cloud.removeVault(name);
    cloud.deletedVaults.add({ name, location, tags, vaultId: id }, retentionDays(properties));
  },
});

export const secret = resourceType<SecretInputs>({
  id: `${vaultId}/secrets/{secretName}`,
  name: /^[A-Za-z0-9-]{1,127}$/,
  autoname: same,
  inputs: ["resourceGroupName", "vaultName", "secretName", "tags", "properties"],
  required: ["properties"],
  writeOnly: ["properties.value"], // an import would put it into the state in plain text
  check({ properties = {} }) {
    const { value, contentType, ...rest } = properties;
    return Object.keys(rest).map((key) => notSupported(`properties.${key}`, `a secret's ${key}`));
  },
  create: ({ cloud, inputs, name }) => setSecret(cloud, inputs, name),
  update: ({ cloud, inputs, name }) => setSecret(cloud, inputs, name), // a new version, whatever changed
  read({ cloud, inputs, name }) {
    return cloud.vault(inputs.vaultName).secrets.get(name) && { outputs: describe(cloud, inputs, name) };
  },
  /** ARM deletes no secrets: azure-native asks the vault itself, as the deployer. */
  async delete({ cloud, inputs, name, withParent }) {
    if (withParent) return;
    const { token } = await cloud.entra.issue(cloud.operator, "https://vault.azure.net");
    const url = `${cloud.vault(inputs.vaultName).secretUrl(name)}?api-version=7.4`;
    const response = await fetch(url, { method: "DELETE", headers: { authorization: `Bearer ${token}` } });
    const { error } = (await response.json()) as { error?: { code: string; message: string } };
    if (error && response.status !== 404) throw new ArmError(error.code, `${response.status}: ${error.message}`);
  },
});

function setSecret(cloud: LocalCloud, inputs: SecretInputs, name: string): Properties {
  const { value, contentType } = inputs.properties;
  if (typeof value !== "string") throw new Error("the secret has no value");
  cloud.vault(inputs.vaultName).secrets.set(name, value, contentType);
  return describe(cloud, inputs, name);
}

/** Without the value, which ARM never tells. */
function describe(cloud: LocalCloud, { vaultName }: SecretInputs, name: string): Properties {
  const vault = cloud.vault(vaultName);
  const { contentType, version } = vault.secrets.get(name) ?? {};
  const type = contentType === undefined ? {} : { contentType };
  const secretUri = vault.secretUrl(name);
  return { properties: { ...type, secretUri, secretUriWithVersion: vault.secretUrl(name, version) } };
}

/** Azure keeps a deleted vault for 90 days unless the vault says another time. */
function retentionDays({ softDeleteRetentionInDays = 90 }: VaultInputs["properties"]): number {
  return softDeleteRetentionInDays;
}

function refuseTaken({ vaults, deletedVaults }: LocalCloud, name: string): void {
  if (vaults.has(name.toLowerCase())) {
    throw new ArmError("VaultAlreadyExists", `The vault name '${name}' is already in use.`);
  }
  if (!deletedVaults.has(name)) return;
  const message = `A vault with the same name already exists in deleted state: ${name} has to be recovered or purged first.`;
  throw new ArmError("ConflictError", message);
}

/** The values of a vault's properties that have a meaning here; others are declared only. */
const supported: Record<string, (value: unknown, tenantId: string) => boolean> = {
  enableRbacAuthorization: (value) => value === true,
  tenantId: (value, tenantId) => value === tenantId,
  sku: (value) => (value as { family?: string }).family === "A",
  softDeleteRetentionInDays: (value) => Number(value) >= 7 && Number(value) <= 90,
  enablePurgeProtection: (value) => !value, // it cannot be undone, and the stack could not be destroyed
  enableSoftDelete: (value) => value === true, // azure-native's own default, as the next ones
  enabledForDeployment: (value) => value === false,
  enabledForDiskEncryption: (value) => value === false,
  enabledForTemplateDeployment: (value) => value === false,
  publicNetworkAccess: (value) => /^enabled$/i.test(String(value)),
};

function unsupported(properties: Properties, tenantId: string): CheckFailure[] {
  return Object.entries(properties)
    .filter(([key, value]) => !supported[key]?.(value, tenantId))
    .map(([key, value]) => notSupported(`properties.${key}`, `a vault with ${key}: ${JSON.stringify(value)}`));
}
