import * as botservice from "@pulumi/azure-native/botservice";
import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "./placement";

const directLine = "DirectLineChannel";
const teams = "MsTeamsChannel";
/** Azure's own name for the first pair of keys. */
const directLineSite = "Default Site";

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

/** The bot as Azure Bot Service knows it, and its channels. Web Chat is not declared: Azure makes it with the bot. */
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
    const channel = this.openDirectLine(name, ofBot);
    if (args.teams) this.openTeams(name, ofBot);

    this.name = bot.name;
    this.directLineKey = pulumi.secret(directLineKey(ofBot, channel));
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

  private openDirectLine(name: string, ofBot: Placement & { resourceName: pulumi.Output<string> }) {
    const sites = [{ siteName: directLineSite, isEnabled: true, isV1Enabled: false, isV3Enabled: true }];
    const args = { ...ofBot, channelName: directLine, properties: { channelName: directLine, properties: { sites } } };
    return new botservice.Channel(`${name}-direct-line`, args as botservice.ChannelArgs, { parent: this });
  }

  private openTeams(name: string, ofBot: Placement & { resourceName: pulumi.Output<string> }) {
    // Azure enables the channel only for who accepts Microsoft's terms; config `teams` says so.
    const properties = { isEnabled: true, enableCalling: false, acceptedTerms: true };
    const args = { ...ofBot, channelName: teams, properties: { channelName: teams, properties } };
    return new botservice.Channel(`${name}-teams`, args as botservice.ChannelArgs, { parent: this });
  }
}

/** The channel resource itself holds no keys, so they are asked for once it exists. */
function directLineKey(
  { resourceGroupName, resourceName }: { resourceGroupName: pulumi.Input<string>; resourceName: pulumi.Output<string> },
  channel: botservice.Channel,
): pulumi.Output<string> {
  const args = { resourceGroupName, resourceName, channelName: directLine };
  return botservice.listChannelWithKeysOutput(args, { dependsOn: [channel] }).apply(({ properties }) => {
    const { sites } = (properties as { properties?: { sites?: { siteName: string; key: string }[] } }).properties ?? {};
    const key = sites?.find((site) => site.siteName === directLineSite)?.key;
    if (!key)
      throw new pulumi.RunError(`Azure gave no key for Direct Line's "${directLineSite}"; run "pulumi up" again.`);
    return key;
  });
}
