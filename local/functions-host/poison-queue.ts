import type { QueueServiceClient } from "@azure/storage-queue";
import { isNotFound } from "./storage-problem";

const longestQueueName = 63;

/** Where messages go that cannot be processed: `<queue>-poison`, made when it is missing, bodies copied as they are. */
export class PoisonQueue {
  private constructor(
    private readonly service: QueueServiceClient,
    readonly name: string,
  ) {}

  /** None for a queue that is itself a poison queue, or whose name leaves no room for the suffix. */
  static of(service: QueueServiceClient, queueName: string): PoisonQueue | undefined {
    const name = `${queueName}-poison`;
    if (queueName.endsWith("-poison") || name.length > longestQueueName) return undefined;
    return new PoisonQueue(service, name);
  }

  async add(rawBody: string): Promise<void> {
    const queue = this.service.getQueueClient(this.name);
    try {
      await queue.sendMessage(rawBody);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await queue.createIfNotExists();
      await queue.sendMessage(rawBody);
    }
  }
}
