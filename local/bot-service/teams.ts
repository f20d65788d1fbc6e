import { randomBytes } from "node:crypto";
import { z } from "zod";
import { readActivity } from "./activity";
import type { Bot } from "./bot";
import type { BotRegistry } from "./bot-registry";
import type { Conversation } from "./conversation";
import { Conversations } from "./conversations";
import { notSupported, ServiceError } from "./service-error";

/** A user in a Microsoft Entra tenant with Teams. */
export interface TeamsUser {
  /** `29:…`. Each bot sees another id for the same user. */
  id: string;
  aadObjectId: string;
  tenantId: string;
  /** Whether the bot's app is installed for this user. */
  hasApp: boolean;
}

const account = z.looseObject({ id: z.string().min(1) });

/** ConversationParameters: learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference */
const parameters = z.looseObject({
  isGroup: z.boolean().nullish(),
  bot: account.nullish(),
  members: z.array(account).nullish(),
  topicName: z.string().nullish(),
  tenantId: z.string().nullish(),
  activity: z.looseObject({}).nullish(),
  channelData: z
    .looseObject({ tenant: account.nullish(), channel: account.nullish(), team: account.nullish() })
    .nullish(),
});

/**
 * The part of Teams that a bot needs to reach a user who never wrote to it. The answers were captured in
 * github.com/microsoft/teams.net/blob/main/docs/CreateConversation-API-Behavior.md or are documented in
 * learn.microsoft.com/microsoftteams/platform/bots/build-conversational-capability#status-codes-from-agent-conversational-apis.
 */
export class Teams {
  readonly conversations = new Conversations();
  private readonly users: TeamsUser[] = [];
  /** The conversation of each bot with each user, by `<bot name> <user id>`. */
  private readonly personal = new Map<string, Conversation>();

  constructor(private readonly bots: BotRegistry) {}

  add(user: TeamsUser): void {
    this.users.push({ ...user });
  }

  /** The conversation of a bot with a user, if the bot has created one. */
  conversationWith(botName: string, { id }: Pick<TeamsUser, "id">): Conversation | undefined {
    return this.personal.get(`${botName} ${id}`);
  }

  /** `POST /v3/conversations`. @throws ServiceError as Teams answers */
  create(appId: string, body: unknown): { id: string } {
    const bot = this.botOf(appId);
    const asked = parameters.safeParse(body);
    if (!asked.success) throw incorrectParameters();
    const { isGroup, channelData, members, topicName, activity } = asked.data;
    if (isGroup && channelData?.channel) throw notSupported("opening a thread in a Teams channel");
    const [member, ...others] = members ?? [];
    if (isGroup || topicName || !member || others.length) throw incorrectParameters();
    if (asked.data.bot && ![appId, `28:${appId}`].includes(asked.data.bot.id)) throw incorrectParameters();
    const conversation = this.open(bot, this.find(member.id, asked.data.tenantId ?? channelData?.tenant?.id));
    if (activity) conversation.append({ ...readActivity(activity), channelId: "msteams" });
    return { id: conversation.id };
  }

  /** @throws ServiceError when the bot has no Teams channel */
  botOf(appId: string): Bot {
    const bot = this.bots.findOnTeams(appId);
    if (!bot) throw new ServiceError(401, "BotNotRegistered", "No registration found for this bot.");
    return bot;
  }

  private find(id: string, tenantId: string | undefined): TeamsUser {
    if (!tenantId) throw new ServiceError(400, "BadArgument", "Could not parse tenant id");
    const user = this.users.find((one) => one.id === id || one.aadObjectId === id.toLowerCase());
    if (user?.tenantId !== tenantId) {
      throw new ServiceError(400, "BadSyntax", "Invalid user identity in provided tenant");
    }
    if (user.hasApp) return user;
    throw new ServiceError(403, "ForbiddenOperationException", "Bot is not installed in user's personal scope");
  }

  /** Creates the conversation with a user, or returns the existing one. */
  private open({ name }: Bot, user: TeamsUser): Conversation {
    const known = this.conversationWith(name, user);
    if (known) return known;
    const conversation = this.conversations.start(`a:${randomBytes(32).toString("base64url")}`, name);
    conversation.members.set(user.id, { id: user.id, aadObjectId: user.aadObjectId, tenantId: user.tenantId });
    this.personal.set(`${name} ${user.id}`, conversation);
    return conversation;
  }
}

function incorrectParameters(): ServiceError {
  return new ServiceError(400, "BadSyntax", "Incorrect conversation creation parameters");
}
