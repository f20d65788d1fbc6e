import { suffixed } from "../names";
import { resourceType } from "../resource-type";

/** Below this every other id starts. */
export const inGroup = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}/providers";

export const resourceGroup = resourceType({
  id: "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}",
  name: /^[-\w.()]{0,89}[-\w()]$/,
  autoname: suffixed,
  inputs: ["resourceGroupName", "location", "tags"],
  replaces: ["location"],
});
