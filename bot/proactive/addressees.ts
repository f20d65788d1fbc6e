import { Channels, type ConversationReference } from "botbuilder";
import type { Addressee } from "../../core/message/addressee";
import type { ChannelAdapter } from "../channel/channel-adapter";
import { isObjectId, type References } from "../state/references";

/** The bot knows no conversation with the user of a message, and cannot open one. */
export class UnknownUserError extends Error {
  override readonly name = "UnknownUserError";

  constructor({ channelId }: Addressee) {
    const remedy =
      channelId === Channels.Msteams
        ? "with their Microsoft Entra tenant in to.tenantId it can write to them first."
        : "on this channel the user must write first.";
    super(`The bot knows no conversation with this user on the channel ${channelId}: ${remedy}`);
  }
}

export interface AddresseesParts {
  adapter: ChannelAdapter;
  references: References;
  appId: string;
  /** The URL at which Teams opens conversations, with a slash at its end; it depends on the cloud. */
  teamsServiceUrl: string;
}

/** Finds the conversation in which the bot is alone with a user. */
export class Addressees {
  constructor(private readonly parts: AddresseesParts) {}

  /**
   * The newest conversation in which the bot is alone with the user; on Teams it is opened where there is none.
   * @throws UnknownUserError, ForbiddenServiceError, TableUnreachableError, or what the channel answered
   */
  async find(to: Addressee): Promise<Partial<ConversationReference>> {
    const known = await this.parts.references.ofUser(to);
    return (known as Partial<ConversationReference> | undefined) ?? this.open(to);
  }

  /**
   * Teams gives the same conversation each time, so a crash before it is kept does no harm. Sources: the page of
   * `channel-answer.ts`, and github.com/microsoft/teams.net/blob/main/docs/CreateConversation-API-Behavior.md.
   */
  private async open(to: Addressee): Promise<Partial<ConversationReference>> {
    const { adapter, references, appId, teamsServiceUrl } = this.parts;
    const { channelId, tenantId, userId } = to;
    if (channelId !== Channels.Msteams || !tenantId) throw new UnknownUserError(to);
    const serviceUrl = to.serviceUrl ?? teamsServiceUrl;
    const objectId = userId.toLowerCase(); // as Teams writes it
    const user = isObjectId(userId) ? { id: objectId, aadObjectId: objectId } : { id: userId };
    const bot = { id: `28:${appId}` };
    const channelData = { tenant: { id: tenantId } };
    const id = await adapter.open(appId, serviceUrl, { isGroup: false, bot, members: [user], tenantId, channelData });
    const conversation = { id, tenantId, conversationType: "personal", isGroup: false };
    const reference = { channelId, serviceUrl, conversation, user, bot } as Partial<ConversationReference>;
    await references.add(reference, user);
    return reference;
  }
}
