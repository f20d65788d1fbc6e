import { AppServicePlan } from "@pulumi/azure-native/web";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "./placement";

export interface PlanArgs {
  placement: Placement;
  sku: string;
}

/** The Linux machine that both apps share: one bill, always on. */
export class Plan extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;

  constructor(name: string, { placement, sku }: PlanArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:Plan", name, {}, opts);
    // `reserved` is Azure's word for Linux.
    const args = { ...placement, kind: "linux", reserved: true, sku: { name: sku } };
    this.id = new AppServicePlan(name, args, { parent: this }).id;
    this.registerOutputs();
  }
}
