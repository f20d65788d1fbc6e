import type { QueueMessage } from "../message/queue-message";
import type { Deliveries } from "../tables/deliveries";
import type { MessageQueue } from "./message-queue";

/** Puts messages on the queue, each with its row in `deliveries`, so that it can be listed and cancelled before it is due. */
export class Outbox {
  constructor(
    private readonly queue: Pick<MessageQueue, "enqueue">,
    private readonly deliveries: Pick<Deliveries, "announce" | "markWaiting">,
  ) {}

  /**
   * Writes the row first, so that a cancellation finds every message on the queue.
   * @param batch the batch that the message belongs to @param json the message's JSON text, if it is already written
   * @throws DeliverySettledError when the message was cancelled, TableUnreachableError, or the queue's error: then the message is not on the queue
   */
  async put(message: QueueMessage & { id: string }, batch?: Batch, json?: string): Promise<void> {
    const { id, relatesTo, notBefore } = message;
    const dueAt = notBefore ? new Date(notBefore) : undefined;
    await this.deliveries.announce(id, { conversation: relatesTo?.conversation.id, dueAt }, batch?.id);
    try {
      await this.queue.enqueue(message, batch?.nextTime(), json);
    } catch (error) {
      await this.deliveries
        .markWaiting(id, `The message could not be put on the queue: ${(error as Error).message}`)
        .catch(() => {});
      throw error;
    }
  }
}

/** The messages of a batch appear a tenth more slowly than they may leave, so that other messages find turns between them. */
const slack = 1.1;

/** Spreads the messages of a batch over time. Their ids begin with the same text. */
export class Batch {
  private count = 0;

  /**
   * @param id the beginning of the ids, before a `/`
   * @param perSecond the messages that the function sends to the bot in a second
   * @param begin the time of the first message
   */
  constructor(
    readonly id: string,
    private readonly perSecond: number,
    private readonly begin = new Date(),
  ) {}

  /** The time at which the next message appears on the queue: when it may leave. */
  nextTime(): Date {
    return new Date(this.begin.getTime() + (this.count++ * slack * 1000) / this.perSecond);
  }
}
