import type * as pulumi from "@pulumi/pulumi";

/** Where a resource lies and what it is tagged with; spread into the arguments of everything in the resource group. */
export interface Placement {
  resourceGroupName: pulumi.Input<string>;
  location: string;
  tags: Record<string, string>;
}
