import { same, suffixed } from "../names";
import { NotSupported } from "../not-supported";
import { resourceType } from "../resource-type";
import { inGroup } from "./resource-group";

const botId = `${inGroup}/Microsoft.BotService/botServices/{resourceName}`;

interface BotInputs {
  properties: { endpoint: string; msaAppId: string; msaAppType: string };
}

interface ChannelInputs {
  resourceName: string;
  channelName: string;
}

export const bot = resourceType<BotInputs>({
  id: botId,
  autoname: suffixed,
  inputs: ["resourceGroupName", "resourceName", "location", "tags", "kind", "sku", "properties"],
  create({ cloud, inputs, name }) {
    const { endpoint, msaAppId, msaAppType } = inputs.properties;
    if (!endpoint.startsWith("https://")) throw new Error(`the bot's endpoint ${endpoint} is not https`);
    if (msaAppType !== "UserAssignedMSI") throw new NotSupported(`msaAppType ${msaAppType}`);
    cloud.botService.register({ name, appId: msaAppId, endpoint });
    return {};
  },
});

export const channel = resourceType<ChannelInputs>({
  id: `${botId}/channels/{channelName}`,
  autoname: same,
  inputs: ["resourceGroupName", "resourceName", "location", "tags", "kind", "sku", "channelName", "properties"],
  create({ cloud, inputs }) {
    if (inputs.channelName !== "DirectLineChannel") throw new NotSupported(`the channel ${inputs.channelName}`);
    cloud.botService.enableDirectLine(inputs.resourceName);
    return {};
  },
});
