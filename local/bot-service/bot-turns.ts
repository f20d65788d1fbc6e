import { randomBytes } from "node:crypto";
import type { Account, Activity, StoredActivity } from "./activity";
import type { Bot } from "./bot";
import type { BotClient } from "./bot-client";
import type { BotRegistry } from "./bot-registry";
import type { Conversation } from "./conversation";
import { ServiceError } from "./service-error";

/** The account of a bot in its conversations. */
export function botAccount(botName: string): Account & { id: string } {
  return { id: botName, name: botName };
}

/** Sends a conversation's events to the bot: new members, and the activities that a user posts. */
export class BotTurns {
  // A user's first activities wait for these promises, so that the bot receives the conversationUpdate first.
  private readonly joining = new WeakMap<Conversation, Map<string, Promise<void>>>();

  constructor(
    private readonly bots: BotRegistry,
    private readonly client: BotClient,
    private readonly serviceUrl: () => string,
  ) {}

  /** Adds the bot, then the user if known. When the bot fails here, the update is lost and the conversation continues. */
  async begin(conversation: Conversation, user?: Account & { id: string }): Promise<void> {
    await this.join(conversation, botAccount(conversation.botName), user?.id);
    if (user) await this.join(conversation, { ...user, role: "user" });
  }

  /** Adds a user's activity to the conversation and sends it to the bot. @throws ServiceError 502 or 504 when the bot fails */
  async post(conversation: Conversation, from: Account & { id: string }, activity: Activity): Promise<StoredActivity> {
    const user = { ...from, role: "user" };
    await this.join(conversation, user);
    const stored = conversation.append({ ...activity, ...this.addressing(conversation), from: user });
    await this.deliver(conversation, stored);
    return stored;
  }

  private join(conversation: Conversation, member: Account & { id: string }, from?: string): Promise<void> {
    const joining = this.joining.get(conversation) ?? new Map<string, Promise<void>>();
    this.joining.set(conversation, joining);
    const begun = joining.get(member.id);
    if (begun) return begun;
    conversation.members.set(member.id, member);
    const announced = this.announce(conversation, member, from);
    joining.set(member.id, announced);
    return announced;
  }

  private async announce(conversation: Conversation, member: Account & { id: string }, from?: string): Promise<void> {
    // As long as no user is known, Direct Line names the conversation's id as the sender.
    const sender = from ?? (member.id === conversation.botName ? conversation.id : member.id);
    try {
      await this.deliver(conversation, {
        type: "conversationUpdate",
        id: randomBytes(8).toString("base64url"),
        timestamp: new Date().toISOString(),
        ...this.addressing(conversation),
        from: { id: sender },
        membersAdded: [member],
      });
    } catch (error) {
      // BotClient has logged the failure. Only a user's own post reports a failure of the bot.
      if (!(error instanceof ServiceError)) throw error;
    }
  }

  private addressing(conversation: Conversation) {
    return {
      serviceUrl: this.serviceUrl(),
      channelId: "directline",
      conversation: { id: conversation.id },
      recipient: botAccount(conversation.botName),
    };
  }

  private deliver(conversation: Conversation, activity: StoredActivity): Promise<void> {
    return this.client.deliver(this.botOf(conversation), conversation.id, {
      ...activity,
      serviceUrl: this.serviceUrl(),
    });
  }

  private botOf(conversation: Conversation): Bot {
    const bot = this.bots.find(conversation.botName);
    if (!bot) throw new ServiceError(404, "BotNotFound", `The bot "${conversation.botName}" is no longer registered.`);
    return bot;
  }
}
