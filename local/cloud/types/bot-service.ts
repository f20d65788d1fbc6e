import type { DirectLineKeys } from "../../bot-service/bot";
import { ArmError } from "../arm-error";
import { NotSupportedError, notSupported } from "../declared-only";
import type { LocalCloud } from "../local-cloud";
import { same, suffixed } from "../names";
import { type CheckFailure, type Properties, resourceType } from "../resource-type";
import type { TemplateResource } from "./deployment";
import { inGroup } from "./resource-group";

const botId = `${inGroup}/Microsoft.BotService/botServices/{resourceName}`;

interface BotInputs {
  properties: { endpoint: string; msaAppId: string; msaAppType: string };
}

/** The properties of a bot that have a meaning here; others are declared only. */
const supported = [
  "displayName",
  "endpoint",
  "msaAppId",
  "msaAppType",
  "msaAppTenantId",
  "msaAppMSIResourceId",
  "iconUrl", // azure-native's own default, as the next ones
  "isCmekEnabled",
  "isStreamingSupported",
  "publicNetworkAccess",
];

const directLine = "DirectLineChannel";
const teams = "MsTeamsChannel";
const webChat = "WebChatChannel";

interface ChannelInputs {
  resourceName: string;
  channelName: string;
}

export const bot = resourceType<BotInputs>({
  id: botId,
  name: /^[A-Za-z0-9][-\w.]{1,63}$/,
  autoname: suffixed,
  inputs: ["resourceGroupName", "resourceName", "location", "tags", "kind", "sku", "properties"],
  required: ["kind", "sku", "properties.displayName", "properties.endpoint", "properties.msaAppId"],
  replaces: ["location"],
  check({ properties }) {
    const foreign = Object.keys(properties ?? {}).filter((key) => !supported.includes(key));
    return [
      ...foreign.map((key) => notSupported(`properties.${key}`, `a bot's ${key}`)),
      ...checkEndpoint(properties?.endpoint),
      ...checkAppType(properties?.msaAppType),
    ];
  },
  create({ cloud, inputs: { properties }, name }) {
    if (cloud.botService.bot(name)) throw new ArmError("InvalidBotData", `The bot name ${name} is already in use.`);
    if (cloud.botService.hasApp(properties.msaAppId)) {
      throw new ArmError("InvalidBotData", `MsaAppId ${properties.msaAppId} is already in use.`);
    }
    cloud.botService.register({ name, appId: properties.msaAppId, endpoint: properties.endpoint });
    if (cloud.directLineWithBot) cloud.botService.enableDirectLine(name);
    return {};
  },
  /** learn.microsoft.com/azure/bot-service/bot-service-quickstart-registration: the app id and type stay as they were made. */
  update({ cloud, inputs: { properties }, olds, name }) {
    const fixed = (["msaAppId", "msaAppType"] as const).find((key) => properties[key] !== olds.properties[key]);
    if (fixed) throw new ArmError("InvalidBotData", `${fixed} of the bot ${name} cannot be changed`);
    cloud.botService.update({ name, appId: properties.msaAppId, endpoint: properties.endpoint });
    return {};
  },
  read({ cloud, inputs, name }) {
    const bot = cloud.botService.bot(name);
    const { properties } = inputs;
    return bot && { inputs: { properties: { ...properties, endpoint: bot.endpoint, msaAppId: bot.appId } } };
  },
  delete({ cloud, name }) {
    cloud.botService.unregister(name);
  },
});

/**
 * A channel in a template: made, or changed where Azure or somebody else has made it. Direct Line's keys stay as they are.
 * @throws ArmError
 */
export function upsertChannel({ botService }: LocalCloud, { name, properties }: TemplateResource): void {
  const [botName = "", channelName] = name.split("/");
  if (channelName !== directLine) throw new NotSupportedError(`the channel ${channelName} in a template`);
  if (properties?.channelName !== channelName)
    throw new ArmError("InvalidChannelData", `the channel is ${channelName}`);
  if (!botService.bot(botName)) throw new ArmError("ParentResourceNotFound", `the bot ${botName} does not exist`);
  botService.enableDirectLine(botName);
}

/**
 * Direct Line as Azure answers a PUT and `listChannelWithKeys`, with all keys in clear: recorded in Azure/azure-cli,
 * src/azure-cli/azure/cli/command_modules/botservice/tests/latest/recordings/test_directline_channel.yaml
 */
export function directLineProperties({ key, key2 }: DirectLineKeys): Properties {
  const sites = [{ siteId: key.split(".")[0], siteName: "Default Site", isEnabled: true, key, key2 }];
  return { channelName: directLine, properties: { sites, extensionKey1: `e1.${key}`, extensionKey2: `e2.${key2}` } };
}

/** The Teams channel has what a bot needs to write to a person first: `local/bot-service/teams.ts`. */
export const channel = resourceType<ChannelInputs>({
  id: `${botId}/channels/{channelName}`,
  autoname: same,
  inputs: ["resourceGroupName", "resourceName", "location", "tags", "kind", "sku", "channelName", "properties"],
  replaces: ["location"],
  check({ channelName }) {
    if (!channelName || [directLine, teams, webChat].includes(channelName)) return [];
    return [notSupported("channelName", `the channel ${channelName}`)];
  },
  create({ cloud, inputs: { channelName, resourceName } }) {
    if (channelName === teams) cloud.botService.setTeams(resourceName, true);
    if (channelName !== directLine) return {};
    return { properties: directLineProperties(cloud.botService.enableDirectLine(resourceName)) };
  },
  read({ cloud, inputs, id }) {
    const { channelName, resourceName } = inputs;
    if (channelName === webChat) return {}; // Azure makes it with the bot: github.com/Azure/azure-rest-api-specs/issues/15219
    if (channelName === directLine) return cloud.botService.directLineKeys(resourceName) && {};
    return cloud.exists(id) ? {} : undefined;
  },
  delete({ cloud, inputs }) {
    if (inputs.channelName === directLine) cloud.botService.disableDirectLine(inputs.resourceName);
    if (inputs.channelName === teams) cloud.botService.setTeams(inputs.resourceName, false);
  },
});

function checkEndpoint(endpoint?: string): CheckFailure[] {
  if (!endpoint || endpoint.startsWith("https://")) return [];
  return [{ property: "properties.endpoint", reason: `the bot's endpoint ${endpoint} is not https` }];
}

function checkAppType(msaAppType?: string): CheckFailure[] {
  if (!msaAppType || msaAppType === "UserAssignedMSI") return [];
  return [notSupported("properties.msaAppType", `msaAppType ${msaAppType}`)];
}
