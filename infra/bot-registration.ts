import * as botservice from "@pulumi/azure-native/botservice";
import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity";
import * as resources from "@pulumi/azure-native/resources";
import * as pulumi from "@pulumi/pulumi";
import { defaultSite, directLineChannel, directLineKey } from "./direct-line-key";
import type { Placement } from "./placement";

const teams = "MsTeamsChannel";
/** Where a bot's channels are. */
type OfBot = Placement & { resourceName: pulumi.Output<string> };

export interface BotRegistrationArgs {
  placement: Placement;
  displayName: string;
  sku: string;
  /** Where the Bot Service sends activities: `https://…/api/messages`. */
  endpoint: pulumi.Input<string>;
  identity: UserAssignedIdentity;
  /** Whether the bot is in Microsoft Teams. */
  teams: boolean;
}

/** The bot as Azure Bot Service knows it, and its channels. Azure makes Web Chat with the bot, so it is not declared. */
export class BotRegistration extends pulumi.ComponentResource {
  /** Unique in all of Azure. */
  readonly name: pulumi.Output<string>;
  /** Secret: opens every conversation over Direct Line. */
  readonly directLineKey: pulumi.Output<string>;

  constructor(name: string, args: BotRegistrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:BotRegistration", name, {}, opts);
    // Bot Service is not regional.
    const placement = { ...args.placement, location: "global" };
    const bot = this.register(name, placement, args);
    const ofBot = { ...placement, resourceName: bot.name };
    const directLine = this.openDirectLine(name, ofBot);
    if (args.teams) this.openTeams(name, ofBot);

    this.name = bot.name;
    this.directLineKey = pulumi.secret(directLineKey(ofBot, directLine));
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
   * By a template, which makes the channel or changes the one that is there: Azure makes it with the bot since about 2023
   * (before, it did not), and azure-native's `Channel` refuses what exists. It goes with the bot.
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
    // Azure enables the channel only for who accepts Microsoft's terms; config `teams` says so.
    const properties = { isEnabled: true, enableCalling: false, acceptedTerms: true };
    const args = { ...ofBot, channelName: teams, properties: { channelName: teams, properties } };
    return new botservice.Channel(`${name}-teams`, args as botservice.ChannelArgs, { parent: this });
  }
}
