import * as keyvault from "@pulumi/azure-native/keyvault";
import * as pulumi from "@pulumi/pulumi";
import { directLineSecret, webhookSecret } from "../core/names";
import type { Placement } from "./placement";
import type { Vault } from "./vault";

export interface SecretsArgs {
  placement: Placement;
  vault: Vault;
  /** Secret: Direct Line's key. */
  directLineKey: pulumi.Input<string>;
  /** Secret: what signs events and notifications. */
  webhook: pulumi.Input<string>;
}

/** What is in the vault. */
export class Secrets extends pulumi.ComponentResource {
  /** Where both secrets can be read: `https://<vault host>`, no trailing slash. Known once they are there. */
  readonly vaultUrl: pulumi.Output<string>;

  constructor(name: string, args: SecretsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:Secrets", name, {}, opts);
    const kept = [this.keep(directLineSecret, args.directLineKey, args), this.keep(webhookSecret, args.webhook, args)];
    const url = args.vault.vault.properties.apply(({ vaultUri = "" }) => vaultUri.replace(/\/$/, ""));
    this.vaultUrl = pulumi.all(kept.map((secret) => secret.id)).apply(() => url);
    this.registerOutputs();
  }

  private keep(secretName: string, value: pulumi.Input<string>, { placement, vault }: SecretsArgs): keyvault.Secret {
    const { resourceGroupName, tags } = placement;
    const args = { resourceGroupName, tags, vaultName: vault.vault.name, secretName, properties: { value } };
    // Deleting a secret by itself would need rights in the vault, which whoever deploys does not have: it goes with its vault,
    // and so after its replacement is made in another one.
    const opts = { parent: this, deletedWith: vault.vault, deleteBeforeReplace: false };
    return new keyvault.Secret(secretName, args, opts);
  }
}
