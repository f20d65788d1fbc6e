import type { Conversation } from "../../../bot/state/conversation-store";
import { ConversationStore } from "../../../bot/state/conversation-store";
import { type ConversationMemory, Conversations } from "../../../bot/state/conversations";
import { MemoryTable } from "./memory-table";

/** Conversations whose memory ends with the test, and its table. */
export class TestConversations extends Conversations {
  readonly table: MemoryTable;
  private readonly memories: ConversationStore<ConversationMemory>;

  constructor(table = new MemoryTable()) {
    const store = new ConversationStore<ConversationMemory>(table);
    super(store);
    this.table = table;
    this.memories = store;
  }

  /** The memory of a conversation. */
  async memoryOf<Memory extends ConversationMemory>(conversation: Conversation): Promise<Memory> {
    return (await this.memories.change(conversation, async (memory) => structuredClone(memory))).result as Memory;
  }

  /** Replaces the memory of a conversation. */
  async remember(conversation: Conversation, memory: object): Promise<void> {
    await this.memories.change(conversation, async (now) => {
      for (const field of Object.keys(now)) delete now[field as keyof typeof now];
      Object.assign(now, structuredClone(memory));
    });
  }
}
