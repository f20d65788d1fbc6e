import * as keyvault from "@pulumi/azure-native/keyvault";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "./placement";

export interface VaultArgs {
  placement: Placement;
  tenantId: pulumi.Input<string>;
}

/** The vault that the apps read their secrets from, each with its own identity. */
export class Vault extends pulumi.ComponentResource {
  readonly vault: keyvault.Vault;

  /** @param name at most 16 characters: azure-native adds eight and Azure allows 24 */
  constructor(name: string, { placement, tenantId }: VaultArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:Vault", name, {}, opts);
    const properties = {
      tenantId,
      sku: { family: keyvault.SkuFamily.A, name: keyvault.SkuName.Standard },
      enableRbacAuthorization: true,
      // The least there is; purge protection stays off, so that a destroyed vault can be purged at once.
      softDeleteRetentionInDays: 7,
    };
    this.vault = new keyvault.Vault(name, { ...placement, properties }, { parent: this });
    this.registerOutputs();
  }
}
