import type { QueueMessage } from "../message/queue-message";
import type { Deliveries } from "../tables/deliveries";
import type { MessageQueue } from "./message-queue";

/** How much of a conversation's id is told, in UTF-16 units: a table's row has its limits. */
const longestName = 500;

/** Puts messages on the queue, each with its row in `deliveries`: so it can be found, and cancelled, before it is due. */
export class Outbox {
  constructor(
    private readonly queue: Pick<MessageQueue, "enqueue">,
    private readonly deliveries: Pick<Deliveries, "announce" | "markWaiting">,
  ) {}

  /**
   * The row comes first: no message is on the queue that a cancellation does not see.
   * @param batch whose next message it is, where it is one of many
   * @param json the message's text, where that is written already
   * @throws DeliverySettledError when it was cancelled; TableUnreachableError, or what the queue threw: then it is not on the queue
   */
  async put(message: QueueMessage & { id: string }, batch?: Batch, json?: string): Promise<void> {
    const { id, relatesTo, notBefore } = message;
    const dueAt = notBefore ? new Date(notBefore) : undefined;
    const conversation = relatesTo?.conversation.id.slice(0, longestName);
    await this.deliveries.announce(id, { conversation, dueAt }, batch?.id);
    try {
      await this.queue.enqueue(message, batch?.nextTime(), json);
    } catch (error) {
      await this.deliveries
        .markWaiting(id, `it could not be put on the queue: ${(error as Error).message}`)
        .catch(() => {});
      throw error;
    }
  }
}

/** Messages come a tenth more slowly than they may leave: what is left is for others, who find their way between them. */
const slack = 1.1;

/** Many messages whose ids begin alike, on their way to the queue. */
export class Batch {
  private count = 0;

  /**
   * @param id what their ids begin with, before a `/`
   * @param perSecond how many of all messages a second the function brings to the bot
   * @param begin when the first may come
   */
  constructor(
    readonly id: string,
    private readonly perSecond: number,
    private readonly begin = new Date(),
  ) {}

  /** When the next of its messages is to show up on the queue: so many at a time as can leave. */
  nextTime(): Date {
    return new Date(this.begin.getTime() + (this.count++ * slack * 1000) / this.perSecond);
  }
}
