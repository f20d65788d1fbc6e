import type { QueueClient, QueueServiceClient } from "@azure/storage-queue";
import { toQueueText } from "../../core/queue/queue-text";
import { isNotFound } from "./storage-problem";

const longestQueueName = 63;

/** Where messages go that cannot be processed: `<queue>-poison`, made when it is missing, bodies copied as they are. */
export class PoisonQueue {
  private constructor(private readonly queue: QueueClient) {}

  get name(): string {
    return this.queue.name;
  }

  /** None for a queue that is itself a poison queue, or whose name leaves no room for the suffix. */
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
