import * as keyvault from "@pulumi/azure-native/keyvault";
import * as pulumi from "@pulumi/pulumi";
import { RandomBytes } from "@pulumi/random";
import { directLineSecret, webhookSecret } from "../../core/names";
import { Component, formerNames } from "../names";
import type { Placement } from "./resource-group";

export interface VaultArgs {
  placement: Placement;
  /** The tenant whose identities the vault knows. */
  tenantId: pulumi.Input<string>;
}

/** The vault that the apps read their secrets from, each with its own identity. */
export class Vault extends Component {
  readonly vault: keyvault.Vault;

  constructor(name: string, { placement, tenantId }: VaultArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Vault", name, pulumi.mergeOptions(opts, { aliases: [{ name: formerNames.vault }] }));
    const properties = {
      tenantId,
      sku: { family: keyvault.SkuFamily.A, name: keyvault.SkuName.Standard },
      enableRbacAuthorization: true,
      // The minimum; purge protection stays off, so that a destroyed vault can be purged at once.
      softDeleteRetentionInDays: 7,
    };
    this.vault = new keyvault.Vault(name, { ...placement, properties }, { parent: this });
    this.registerOutputs();
  }
}

export interface WebhookSecretArgs {
  /** Another version makes another secret. */
  version: number;
}

/** The secret that signs events and notifications, in the form of the Standard Webhooks specification (standardwebhooks.com). */
export class WebhookSecret extends Component {
  /** Secret: `whsec_` and the Base64 of 32 bytes. */
  readonly value: pulumi.Output<string>;

  constructor(name: string, { version }: WebhookSecretArgs, opts?: pulumi.ComponentResourceOptions) {
    super("WebhookSecret", name, opts);
    const bytes = new RandomBytes(name, { length: 32, keepers: { version: String(version) } }, { parent: this });
    this.value = pulumi.secret(pulumi.interpolate`whsec_${bytes.base64}`);
    this.registerOutputs();
  }
}

export interface SecretsArgs {
  placement: Placement;
  vault: Vault;
  /** Secret: Direct Line's key. */
  directLineKey: pulumi.Input<string>;
  /** Secret: signs events and notifications. */
  webhook: pulumi.Input<string>;
}

/** The vault's secrets. */
export class Secrets extends Component {
  /** The vault's address, `https://<vault host>`, no trailing slash. Known once both secrets are in the vault. */
  readonly vaultUrl: pulumi.Output<string>;

  constructor(name: string, args: SecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Secrets", name, opts);
    const secrets = [this.add(directLineSecret, args.directLineKey, args), this.add(webhookSecret, args.webhook, args)];
    const url = args.vault.vault.properties.apply(({ vaultUri = "" }) => vaultUri.replace(/\/$/, ""));
    this.vaultUrl = pulumi.all(secrets.map(({ id }) => id)).apply(() => url);
    this.registerOutputs();
  }

  private add(secretName: string, value: pulumi.Input<string>, { placement, vault }: SecretsArgs): keyvault.Secret {
    const { resourceGroupName, tags } = placement;
    const args = { resourceGroupName, tags, vaultName: vault.vault.name, secretName, properties: { value } };
    // Deleting a secret by itself would need rights in the vault, which the deployer does not have: it goes with its vault,
    // and so after its replacement is made in another one.
    const opts = { parent: this, deletedWith: vault.vault, deleteBeforeReplace: false };
    return new keyvault.Secret(secretName, args, opts);
  }
}
