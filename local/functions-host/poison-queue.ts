import type { QueueClient, QueueServiceClient } from "@azure/storage-queue";
import { toQueueText } from "../../core/queue/queue-text";
import { isNotFound } from "./storage-problem";

const longestQueueName = 63;

/** The queue `<queue>-poison` for messages that cannot be processed. It is created when needed. Bodies are copied unchanged. */
export class PoisonQueue {
  private constructor(private readonly queue: QueueClient) {}

  get name(): string {
    return this.queue.name;
  }

  /** Undefined for a poison queue, and for a name that is too long for the suffix. */
  static of(service: QueueServiceClient, queueName: string): PoisonQueue | undefined {
    const name = `${queueName}-poison`;
    if (queueName.endsWith("-poison") || name.length > longestQueueName) return undefined;
    return new PoisonQueue(service.getQueueClient(name));
  }

  async add(rawBody: string): Promise<void> {
    const { queue } = this;
    const text = toQueueText(rawBody);
    try {
      await queue.sendMessage(text);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await queue.createIfNotExists();
      await queue.sendMessage(text);
    }
  }
}
