import { Conversation } from "./conversation";

/** Milliseconds. Direct Line keeps a conversation's content for 24 hours. */
const retention = 24 * 60 * 60 * 1000;

/** The conversations that were started and have not expired. */
export class Conversations {
  // Ordered by last use, the oldest first.
  private readonly byId = new Map<string, Conversation>();

  start(id: string, botName: string): Conversation {
    this.forgetStale();
    const conversation = new Conversation(id, botName);
    this.byId.set(id, conversation);
    return conversation;
  }

  find(id: string): Conversation | undefined {
    const conversation = this.byId.get(id);
    if (!conversation) return undefined;
    this.byId.delete(id);
    this.byId.set(id, conversation);
    conversation.lastUsed = Date.now();
    return conversation;
  }

  endAllOf(botName: string): void {
    for (const conversation of this.byId.values()) {
      if (conversation.botName === botName) this.endOne(conversation);
    }
  }

  endAll(): void {
    for (const conversation of this.byId.values()) this.endOne(conversation);
  }

  private endOne(conversation: Conversation): void {
    this.byId.delete(conversation.id);
    conversation.end();
  }

  private forgetStale(): void {
    for (const conversation of this.byId.values()) {
      if (Date.now() - conversation.lastUsed < retention) return;
      if (!conversation.isFollowed) this.byId.delete(conversation.id);
    }
  }
}
