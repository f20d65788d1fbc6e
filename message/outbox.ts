import type { Batch } from "./batch";
import type { Deliveries } from "./deliveries";
import type { MessageQueue } from "./message-queue";
import type { QueueMessage } from "./queue-message";

/** How much of a conversation's id is told, in UTF-16 units: a table's row has its limits. */
const longestName = 500;

/** Puts messages on the queue, each with its row in `deliveries`: so it can be found, and cancelled, before it is due. */
export class Outbox {
  constructor(
    private readonly queue: Pick<MessageQueue, "enqueue">,
    private readonly deliveries: Pick<Deliveries, "announce" | "waits">,
  ) {}

  /**
   * The row comes first: no message is on the queue that a cancellation does not see.
   * @param batch whose next message it is, where it is one of many
   * @param json the message's text, where that is written already
   * @throws DeliverySettled when it was cancelled; TableUnreachable, or what the queue threw: then it is not on the queue
   */
  async put(message: QueueMessage & { id: string }, batch?: Batch, json?: string): Promise<void> {
    const { id, relatesTo, notBefore } = message;
    const dueAt = notBefore ? new Date(notBefore) : undefined;
    const conversation = relatesTo?.conversation.id.slice(0, longestName);
    await this.deliveries.announce(id, { conversation, dueAt }, batch?.id);
    try {
      await this.queue.enqueue(message, batch?.nextTime(), json);
    } catch (error) {
      await this.deliveries.waits(id, `it could not be put on the queue: ${(error as Error).message}`).catch(() => {});
      throw error;
    }
  }
}
