import { randomUUID } from "node:crypto";
import type { Activity } from "botbuilder";
import { toJson } from "../../core/message/json-text";
import { entityKey, fromChunks, readableKey, toChunks } from "../../core/tables/entity";
import { isTooLarge, type RowKey, type Table } from "../../core/tables/table";

/**
 * The largest memory of a conversation, in UTF-16 units of its JSON. A row holds 1 MiB, two bytes a unit, names and keys
 * included. Source: learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 */
export const largestMemory = 500_000;

/** The memory of a conversation is larger than a row can be. */
export class MemoryTooLargeError extends Error {
  override readonly name = "MemoryTooLargeError";

  constructor(key: string, memory: object) {
    const length = toJson(memory).length;
    super(
      `The memory of the conversation "${key}" is too large for a table's row (1 MiB): ${length} characters of JSON.`,
    );
  }
}

/** A conversation on a channel. */
export type Conversation = Pick<Activity, "channelId"> & { conversation: { id: string } };

export interface Change<T> {
  /** The result of the work. */
  result: T;
  /** Restores the memory as it was before, unless another turn has changed it since. */
  undo(): Promise<void>;
}

/**
 * The bot's memory of each conversation: plain JSON, one row of the table `botstate`. Turns in several instances of the bot
 * change it, each as if it were alone. botbuilder's BotState would overwrite the change of another turn.
 */
export class ConversationStore<Memory extends object> {
  constructor(private readonly table: Table) {}

  /**
   * Lets `work` change a memory, which is empty at first, and stores it if it changed. When another turn's change comes first,
   * `work` runs again on the newer memory: it must do nothing that cannot be repeated.
   * @throws TableUnreachableError, MemoryTooLargeError, or the error of `work`; then nothing is stored
   */
  async change<T>(conversation: Conversation, work: (memory: Memory) => Promise<T>): Promise<Change<T>> {
    const write = randomUUID();
    let change: Change<T> | undefined;
    await this.replace(conversation, write, async (before) => {
      const memory = structuredClone(before);
      const result = await work(memory);
      const isChanged = !isSame(memory, before);
      change = { result, undo: async () => (isChanged ? this.restore(conversation, memory, before) : undefined) };
      return isChanged ? memory : undefined;
    });
    return change as Change<T>;
  }

  private async restore(conversation: Conversation, written: Memory, before: Memory): Promise<void> {
    await this.replace(conversation, randomUUID(), async (now) => (isSame(now, written) ? before : undefined));
  }

  private async replace(
    conversation: Conversation,
    write: string,
    decide: (memory: Memory) => Promise<Memory | undefined>,
  ): Promise<void> {
    const key = keyOf(conversation);
    let memory: Memory | undefined;
    const properties = async (row: Record<string, unknown> | undefined) => {
      if (row?.write === write) return undefined; // an earlier try was stored, and only its answer was lost
      memory = await decide((row ? fromChunks(row) : {}) as Memory);
      return memory && { ...propertiesOf(key, memory), write };
    };
    try {
      await this.table.change(rowKeyOf(key), properties, { mode: "Replace" });
    } catch (error) {
      if (memory && isTooLarge(error)) throw new MemoryTooLargeError(key, memory);
      throw error;
    }
  }
}

/** The JSON in the properties `d0`, `d1`, …; `key` is for people. @throws MemoryTooLargeError */
function propertiesOf(key: string, memory: object): Record<string, string> {
  const json = toJson(memory);
  if (json.length > largestMemory) throw new MemoryTooLargeError(key, memory);
  return { key: readableKey(key), ...toChunks(json) };
}

/** The same text as botbuilder's ConversationState. */
function keyOf({ channelId, conversation }: Conversation): string {
  return `${channelId}/conversations/${conversation.id}/`;
}

function rowKeyOf(key: string): RowKey {
  return { partitionKey: entityKey(key), rowKey: "item" };
}

function isSame(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
