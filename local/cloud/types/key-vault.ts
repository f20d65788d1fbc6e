import { same, suffixed } from "../names";
import { NotSupported } from "../not-supported";
import { resourceType } from "../resource-type";
import { inGroup } from "./resource-group";

const vaultId = `${inGroup}/Microsoft.KeyVault/vaults/{vaultName}`;

interface VaultInputs {
  properties: Record<string, unknown> & { softDeleteRetentionInDays?: number };
}

interface SecretInputs {
  vaultName: string;
  properties: Record<string, unknown> & { value?: string; contentType?: string };
}

export const vault = resourceType<VaultInputs>({
  id: vaultId,
  name: /^(?=.{3,24}$)[A-Za-z](-?[A-Za-z0-9])*$/,
  autoname: suffixed,
  inputs: ["resourceGroupName", "vaultName", "location", "tags", "properties"],
  async create({ cloud, inputs: { properties }, id, name }) {
    refuseUnsupported(properties, cloud.entra.tenantId);
    const vault = await cloud.addVault(name, id, properties.softDeleteRetentionInDays ?? 90);
    return { properties: { ...properties, vaultUri: vault.url } };
  },
});

export const secret = resourceType<SecretInputs>({
  id: `${vaultId}/secrets/{secretName}`,
  name: /^[A-Za-z0-9-]{1,127}$/,
  autoname: same,
  inputs: ["resourceGroupName", "vaultName", "secretName", "tags", "properties"],
  create({ cloud, inputs, name }) {
    const { value, contentType, ...rest } = inputs.properties;
    const [unknown] = Object.keys(rest);
    if (unknown) throw new NotSupported(`a secret's ${unknown}`);
    if (typeof value !== "string") throw new Error("the secret has no value");
    const vault = cloud.vault(inputs.vaultName);
    const { version } = vault.secrets.set(name, value, contentType);
    const secretUri = vault.secretUrl(name);
    return { properties: { contentType, secretUri, secretUriWithVersion: vault.secretUrl(name, version) } };
  },
});

/** What a vault may be here; the rest is refused by name. */
const supported: Record<string, (value: unknown, tenantId: string) => boolean> = {
  enableRbacAuthorization: (value) => value === true,
  tenantId: (value, tenantId) => value === tenantId,
  sku: (value) => (value as { family?: string }).family === "A",
  softDeleteRetentionInDays: (value) => Number(value) >= 7 && Number(value) <= 90,
  enablePurgeProtection: (value) => !value, // cannot be undone, and nobody could destroy the stack
  enableSoftDelete: (value) => value === true, // azure-native's own default, as the next ones
  enabledForDeployment: (value) => value === false,
  enabledForDiskEncryption: (value) => value === false,
  enabledForTemplateDeployment: (value) => value === false,
  publicNetworkAccess: (value) => /^enabled$/i.test(String(value)),
};

function refuseUnsupported(properties: Record<string, unknown>, tenantId: string): void {
  const all = { enableRbacAuthorization: undefined, ...properties };
  for (const [name, value] of Object.entries(all)) {
    if (!supported[name]?.(value, tenantId)) throw new NotSupported(`a vault with ${name}: ${JSON.stringify(value)}`);
  }
}
