import { AppServicePlan } from "@pulumi/azure-native/web";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "./placement";

export interface PlanArgs {
  placement: Placement;
  /** The resource group that it is in. */
  group: pulumi.Resource;
  sku: string;
  /** How many instances both apps run on. */
  instances: number;
  /** Whether the instances are spread over the region's availability zones. */
  zoneRedundant: boolean;
}

/** The Linux machines that both apps share, each app on all of them: one bill, always on. */
export class Plan extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;

  constructor(name: string, args: PlanArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:Plan", name, {}, opts);
    const { placement, group, sku, instances, zoneRedundant } = args;
    // `reserved` is Azure's word for Linux.
    const linux = { kind: "linux", reserved: true };
    const plan = { ...placement, ...linux, sku: { name: sku, capacity: instances }, zoneRedundant };
    // By itself it could not be deleted while a site stands on it that Pulumi does not know, because an `up` was cut off.
    this.id = new AppServicePlan(name, plan, { parent: this, deletedWith: group }).id;
    this.registerOutputs();
  }
}
