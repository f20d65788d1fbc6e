import * as botservice from "@pulumi/azure-native/botservice";
import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity";
import * as resources from "@pulumi/azure-native/resources";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../names";
import type { Placement } from "./resource-group";

const directLineChannel = "DirectLineChannel";
const teamsChannel = "MsTeamsChannel";
/** Azure's own name for the first pair of Direct Line's keys. */
const defaultSite = "Default Site";

export interface BotRegistrationArgs {
  placement: Placement;
  /** The name that people see. */
  displayName: string;
  /** The pricing tier. */
  sku: string;
  /** The address that the Bot Service sends activities to: `https://…/api/messages`. */
  endpoint: pulumi.Input<string>;
  /** The bot's identity, whose client id is the Microsoft App ID. */
  identity: UserAssignedIdentity;
  /** Whether the bot is in Microsoft Teams. */
  teams: boolean;
}

/** Where a bot's channels are. */
type OfBot = Placement & { resourceName: pulumi.Output<string> };

/** The bot as Azure Bot Service knows it, and its channels. Azure makes Web Chat with the bot, so it is not declared. */
export class BotRegistration extends Component {
  /** Unique in all of Azure. */
  readonly name: pulumi.Output<string>;
  /** Secret: opens every conversation over Direct Line. */
  readonly directLineKey: pulumi.Output<string>;

  constructor(name: string, args: BotRegistrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("BotRegistration", name, opts);
    // Bot Service is not regional.
    const placement = { ...args.placement, location: "global" };
    const bot = this.register(name, placement, args);
    const ofBot = { ...placement, resourceName: bot.name };
    const directLine = this.openDirectLine(name, ofBot);
    if (args.teams) this.openTeams(name, ofBot);

    this.name = bot.name;
    this.directLineKey = pulumi.secret(readDirectLineKey(ofBot, directLine));
    this.registerOutputs();
  }

  private register(name: string, placement: Placement, { displayName, sku, endpoint, identity }: BotRegistrationArgs) {
    const properties = {
      displayName,
      endpoint,
      msaAppType: botservice.MsaAppType.UserAssignedMSI,
      msaAppId: identity.clientId,
      msaAppTenantId: identity.tenantId,
      msaAppMSIResourceId: identity.id,
      // disableLocalAuth stays off: it would switch off Direct Line's keys, which the function and Web Chat's tokens need.
    };
    const args = { ...placement, kind: botservice.Kind.Azurebot, sku: { name: sku }, properties };
    return new botservice.Bot(name, args, { parent: this });
  }

  /**
   * By a template, which makes the channel or changes the one that exists: Azure makes it with the bot since about 2023
   * (before, it did not), and azure-native's `Channel` refuses one that exists. It is deleted with the bot.
   */
  private openDirectLine(name: string, ofBot: OfBot): resources.Deployment {
    const sites = [{ siteName: defaultSite, isEnabled: true, isV1Enabled: false, isV3Enabled: true }];
    const channel = {
      type: "Microsoft.BotService/botServices/channels",
      apiVersion: "2022-09-15",
      name: pulumi.interpolate`${ofBot.resourceName}/${directLineChannel}`,
      location: ofBot.location,
      properties: { channelName: directLineChannel, properties: { sites } },
    };
    const template = {
      $schema: "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
      contentVersion: "1.0.0.0",
      resources: [channel],
    };
    const properties = { mode: resources.DeploymentMode.Incremental, template };
    const { resourceGroupName, tags } = ofBot;
    return new resources.Deployment(`${name}-direct-line`, { resourceGroupName, tags, properties }, { parent: this });
  }

  private openTeams(name: string, ofBot: OfBot) {
    // Azure enables the channel only for customers that accept Microsoft's terms; config `teams` says so.
    const properties = { isEnabled: true, enableCalling: false, acceptedTerms: true };
    const args = { ...ofBot, channelName: teamsChannel, properties: { channelName: teamsChannel, properties } };
    return new botservice.Channel(`${name}-teams`, args as botservice.ChannelArgs, { parent: this });
  }
}

/**
 * Reads Direct Line's key once the channel exists: no resource's state may hold it, and Azure writes keys in clear into
 * its answers to GET and PUT. @param channel the resource that makes the channel
 * @throws RunError, which the output rejects with, when Azure gives none
 */
function readDirectLineKey(
  { resourceGroupName, resourceName }: OfBot,
  channel: pulumi.CustomResource,
): pulumi.Output<string> {
  const args = { resourceGroupName, resourceName, channelName: directLineChannel };
  return pulumi.all([args, channel.urn, channel.id]).apply(async ([known, urn]) => {
    const hint = `If Direct Line was switched off, "pulumi up --replace '${urn}'" switches it on again.`;
    const answer = await botservice.listChannelWithKeys(known).catch((error: Error) => {
      throw new pulumi.RunError(`Azure did not give Direct Line's keys: ${error.message}. ${hint}`);
    });
    const key = directLineKeyIn(answer as ChannelWithKeys);
    if (!key) throw new pulumi.RunError(`Azure gave no key of an enabled Direct Line site. ${hint}`);
    return key;
  });
}

/** A site of Direct Line, in every answer of Azure: each has two keys of its own. */
interface DirectLineSite {
  siteName?: string;
  isEnabled?: boolean;
  key?: string | null;
}

/** An answer to `listChannelWithKeys`; the keys may be in each of these places. */
export interface ChannelWithKeys {
  properties?: { properties?: { sites?: DirectLineSite[] } };
  setting?: { sites?: DirectLineSite[] };
  resource?: { properties?: { sites?: DirectLineSite[] } };
}

/** The key of "Default Site", or else of the first enabled site that has one. */
export function directLineKeyIn({ properties, setting, resource }: ChannelWithKeys): string | undefined {
  const places = [properties?.properties?.sites, setting?.sites, resource?.properties?.sites];
  const usable = places.flatMap((sites) => sites ?? []).filter(({ isEnabled, key }) => isEnabled !== false && key);
  return (usable.find(({ siteName }) => siteName === defaultSite) ?? usable[0])?.key ?? undefined;
}
