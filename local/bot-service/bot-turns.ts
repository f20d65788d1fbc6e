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

/** What a bot hears of a conversation: who joined, and what a user posts. */
export class BotTurns {
  // So that a user's first activities wait for the bot to have heard that the user is there.
  private readonly joining = new WeakMap<Conversation, Map<string, Promise<void>>>();

  constructor(
    private readonly bots: BotRegistry,
    private readonly client: BotClient,
    private readonly serviceUrl: () => string,
  ) {}

  /** The bot joins first, then the user if known; a bot that fails here has missed it, and the conversation goes on. */
  async begin(conversation: Conversation, user?: Account & { id: string }): Promise<void> {
    await this.join(conversation, botAccount(conversation.botName), user?.id);
    if (user) await this.join(conversation, { ...user, role: "user" });
  }

  /** Shows a user's activity in the conversation and hands it to the bot; throws 502 or 504 when the bot fails. */
  async post(conversation: Conversation, from: Account & { id: string }, activity: Activity): Promise<StoredActivity> {
    const user = { ...from, role: "user" };
    await this.join(conversation, user);
    const stored = conversation.append({ ...activity, ...this.stamp(conversation), from: user });
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
    // While no user is known, Direct Line gives the conversation's id as the sender.
    const sender = from ?? (member.id === conversation.botName ? conversation.id : member.id);
    try {
      await this.deliver(conversation, {
        type: "conversationUpdate",
        id: randomBytes(8).toString("base64url"),
        timestamp: new Date().toISOString(),
        ...this.stamp(conversation),
        from: { id: sender },
        membersAdded: [member],
      });
    } catch (error) {
      // The client has logged it; only what a user posts answers with the bot's failure.
      if (!(error instanceof ServiceError)) throw error;
    }
  }

  private stamp(conversation: Conversation) {
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
    if (!bot) throw new ServiceError(404, "BotNotFound", `The bot "${conversation.botName}" is gone.`);
    return bot;
  }
}
