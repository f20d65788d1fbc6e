import * as botservice from "@pulumi/azure-native/botservice";
import * as pulumi from "@pulumi/pulumi";

export const directLineChannel = "DirectLineChannel";
/** Azure's own name for the first pair of keys. */
export const defaultSite = "Default Site";

export interface Bot {
  resourceGroupName: pulumi.Input<string>;
  resourceName: pulumi.Input<string>;
}

/** A site of Direct Line, in every answer of Azure: each has two keys of its own. */
interface Site {
  siteName?: string;
  isEnabled?: boolean;
  key?: string | null;
}

/** An answer to `listChannelWithKeys`; the keys may stand in each of these places. */
export interface ChannelWithKeys {
  properties?: { properties?: { sites?: Site[] } };
  setting?: { sites?: Site[] };
  resource?: { properties?: { sites?: Site[] } };
}

/**
 * Direct Line's key, asked for once the channel is there: no resource's state may hold it, and Azure writes keys in clear into
 * its answers to GET and PUT. @param channel the resource that makes the channel
 * @throws RunError, which the output rejects with, when Azure gives none
 */
export function directLineKey(
  { resourceGroupName, resourceName }: Bot,
  channel: pulumi.CustomResource,
): pulumi.Output<string> {
  const args = { resourceGroupName, resourceName, channelName: directLineChannel };
  return pulumi.all([args, channel.urn, channel.id]).apply(async ([known, urn]) => {
    const hint = `If Direct Line was switched off, "pulumi up --replace '${urn}'" switches it on again.`;
    const answer = await botservice.listChannelWithKeys(known).catch((error: Error) => {
      throw new pulumi.RunError(`Azure did not give Direct Line's keys: ${error.message}. ${hint}`);
    });
    const key = keyIn(answer as ChannelWithKeys);
    if (!key) throw new pulumi.RunError(`Azure gave no key of an enabled Direct Line site. ${hint}`);
    return key;
  });
}

/** The key of "Default Site", or else of the first enabled site that has one. */
export function keyIn({ properties, setting, resource }: ChannelWithKeys): string | undefined {
  const places = [properties?.properties?.sites, setting?.sites, resource?.properties?.sites];
  const usable = places.flatMap((sites) => sites ?? []).filter(({ isEnabled, key }) => isEnabled !== false && key);
  return (usable.find(({ siteName }) => siteName === defaultSite) ?? usable[0])?.key ?? undefined;
}
