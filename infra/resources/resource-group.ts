import * as resources from "@pulumi/azure-native/resources";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../names";

/** Where a resource is and what it is tagged with; spread into the arguments of everything in the resource group. */
export interface Placement {
  resourceGroupName: pulumi.Input<string>;
  location: string;
  tags: Record<string, string>;
}

export interface ResourceGroupArgs {
  /** The Azure region of everything that is regional. */
  location: string;
  /** The user's own tags, which every resource gets that takes tags. */
  tags: Record<string, string>;
}

/** The one group that holds everything, so that people find it and can delete it as a whole. */
export class ResourceGroup extends Component {
  readonly group: resources.ResourceGroup;
  readonly placement: Placement;

  constructor(name: string, args: ResourceGroupArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ResourceGroup", name, opts);
    const { location } = args;
    // CI finds a stack's resources by these two tags.
    const tags = { ...args.tags, project: pulumi.getProject(), stack: pulumi.getStack() };
    this.group = new resources.ResourceGroup(name, { location, tags }, { parent: this });
    this.placement = { resourceGroupName: this.group.name, location, tags };
    this.registerOutputs();
  }
}
