import { ArmError } from "./arm-error";
import type { LocalCloud } from "./local-cloud";
import type { Properties } from "./resource-type";
import { directLineProperties } from "./types/bot-service";

type Invoke = (cloud: LocalCloud, args: Record<string, string>) => Promise<Properties> | Properties;

/** The functions that a program can call, by Pulumi's token. */
export const invokes: Record<string, Invoke> = {
  "azure-native:authorization:getClientConfig": ({ operator, subscriptionId, entra }) => ({
    clientId: operator.clientId,
    objectId: operator.objectId,
    subscriptionId,
    tenantId: entra.tenantId,
  }),

  async "azure-native:authorization:getClientToken"(
    { operator, entra },
    { endpoint = "https://management.azure.com" },
  ) {
    return { token: (await entra.issue(operator, endpoint)).token };
  },

  "azure-native:botservice:listChannelWithKeys"({ botService }, { resourceName = "", channelName }) {
    if (!botService.bot(resourceName)) throw new ArmError("ResourceNotFound", `the bot ${resourceName} does not exist`);
    const keys = channelName === "DirectLineChannel" && botService.directLineKeys(resourceName);
    if (!keys) throw new ArmError("ResourceNotFound", `the bot ${resourceName} has no channel ${channelName}`);
    const properties = directLineProperties(keys);
    return { resourceName, properties, setting: properties.properties, resource: properties };
  },
};
