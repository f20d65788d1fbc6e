import * as resources from "@pulumi/azure-native/resources";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "./placement";

export interface ResourceGroupArgs {
  location: string;
  /** The user's own tags, which everything gets that takes tags. */
  tags: Record<string, string>;
}

/** The one group that holds everything, so that people find it and can delete it as a whole. */
export class ResourceGroup extends pulumi.ComponentResource {
  readonly group: resources.ResourceGroup;
  readonly placement: Placement;

  constructor(name: string, args: ResourceGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:ResourceGroup", name, {}, opts);
    const { location } = args;
    const tags = { ...args.tags, project: pulumi.getProject(), stack: pulumi.getStack() };
    this.group = new resources.ResourceGroup(name, { location, tags }, { parent: this });
    this.placement = { resourceGroupName: this.group.name, location, tags };
    this.registerOutputs();
  }
}
