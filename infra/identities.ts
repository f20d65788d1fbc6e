import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "./placement";

/**
 * One identity an app. The bot's *is* the bot: its client id is the Microsoft App ID, and whoever holds it speaks as the
 * bot, so no other workload gets it.
 */
export class Identities extends pulumi.ComponentResource {
  readonly bot: UserAssignedIdentity;
  readonly function: UserAssignedIdentity;

  constructor(name: string, { placement }: { placement: Placement }, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:Identities", name, {}, opts);
    this.bot = new UserAssignedIdentity(`${name}-bot`, placement, { parent: this });
    this.function = new UserAssignedIdentity(`${name}-function`, placement, { parent: this });
    this.registerOutputs();
  }
}
