import { AppServicePlan } from "@pulumi/azure-native/web";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "./placement";

export interface PlanArgs {
  placement: Placement;
  /** The resource group that it is in. */
  group: pulumi.Resource;
  sku: string;
}

/** The Linux machine that both apps share: one bill, always on. */
export class Plan extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;

  constructor(name: string, { placement, group, sku }: PlanArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:Plan", name, {}, opts);
    // `reserved` is Azure's word for Linux.
    const args = { ...placement, kind: "linux", reserved: true, sku: { name: sku } };
    // By itself it could not be deleted while a site stands on it that Pulumi does not know, because an `up` was cut off.
    this.id = new AppServicePlan(name, args, { parent: this, deletedWith: group }).id;
    this.registerOutputs();
  }
}
