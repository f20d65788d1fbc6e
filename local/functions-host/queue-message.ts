import type { DequeuedMessageItem, QueueClient } from "@azure/storage-queue";
import type { QueueFunction } from "./bindings";
import type { QueueSettings } from "./host-settings";
import { type Invoker, newInvocationId } from "./invocation";
import type { CategoryLog } from "./log";
import { decodeBody } from "./message-body";
import { MessageLease } from "./message-lease";
import type { PoisonQueue } from "./poison-queue";
import { describeStorageProblem, isMessageGone } from "./storage-problem";
import { queueTriggerMetadata } from "./trigger-data";

/** Longest life of a message that does not expire, as .NET gives it to functions (DateTimeOffset.MaxValue). */
const never = new Date("9999-12-31T23:59:59Z");

export interface MessageProcessorParts {
  function: QueueFunction;
  queue: QueueClient;
  poison: PoisonQueue | undefined;
  settings: QueueSettings;
  leaseSeconds: number;
  invoker: Invoker;
  log: CategoryLog;
}

/** What happens to one received message: run, then delete, release for another try, or move to the poison queue. */
export class MessageProcessor {
  constructor(private readonly parts: MessageProcessorParts) {}

  /** Never rejects: what goes wrong with the storage is logged, and the message comes back when its lease ends. */
  async process(message: DequeuedMessageItem): Promise<void> {
    try {
      await this.handle(message);
    } catch (error) {
      const { log, leaseSeconds } = this.parts;
      const problem = describeStorageProblem(error);
      log.error(`Could not finish message '${message.messageId}': ${problem}. It comes back within ${leaseSeconds} s.`);
    }
  }

  /** Gives a message back that was not begun. */
  async release(message: DequeuedMessageItem, afterSeconds = 0): Promise<void> {
    await this.tolerantly("release", message, () =>
      this.parts.queue.updateMessage(message.messageId, message.popReceipt, undefined, afterSeconds),
    );
  }

  private async handle(message: DequeuedMessageItem): Promise<void> {
    const { settings, log } = this.parts;
    if (message.dequeueCount > settings.maxDequeueCount) return this.moveToPoison(message);
    const body = decodeBody(message.messageText, settings.messageEncoding);
    if (body === undefined) {
      log.warn(`Message '${message.messageId}' is not Base64 of UTF-8, though host.json says messageEncoding: base64.`);
      return this.moveToPoison(message);
    }
    const { succeeded, popReceipt } = await this.run(message, body);
    const current = { ...message, popReceipt };
    if (succeeded) return this.delete(current);
    if (!this.parts.poison) return; // Stays invisible until its lease ends, so that it does not come round at once.
    if (message.dequeueCount >= settings.maxDequeueCount) return this.moveToPoison(current);
    await this.retryLater(current);
  }

  private async run(message: DequeuedMessageItem, body: string): Promise<{ succeeded: boolean; popReceipt: string }> {
    const { function: fn, queue, leaseSeconds, invoker, log } = this.parts;
    const { messageId, popReceipt, dequeueCount } = message;
    const lease = new MessageLease(queue, messageId, popReceipt, leaseSeconds, log);
    log.debug(`Trigger Details: MessageId: ${messageId}, DequeueCount: ${dequeueCount}`);
    const succeeded = await invoker
      .invoke({
        function: fn.function,
        invocationId: newInvocationId(),
        inputData: [{ name: fn.binding, data: fn.isBinary ? { bytes: Buffer.from(body) } : { string: body } }],
        triggerMetadata: queueTriggerMetadata(fn, body, {
          id: messageId,
          popReceipt,
          dequeueCount,
          insertedOn: message.insertedOn,
          expiresOn: message.expiresOn ?? never,
          nextVisibleOn: message.nextVisibleOn,
        }),
        successLevel: "information",
      })
      .then(
        () => true,
        () => false,
      );
    await lease.end();
    return { succeeded, popReceipt: lease.popReceipt };
  }

  private async retryLater(message: DequeuedMessageItem): Promise<void> {
    const { settings, log } = this.parts;
    const seconds = Math.round(settings.visibilityTimeout / 1000);
    log.warn(
      `Message '${message.messageId}' failed, try ${message.dequeueCount} of ${settings.maxDequeueCount}; next in ${seconds} s.`,
    );
    await this.release(message, seconds);
  }

  private async moveToPoison(message: DequeuedMessageItem): Promise<void> {
    const { poison, settings, log } = this.parts;
    if (!poison) return;
    log.warn(
      `Message '${message.messageId}' (try ${message.dequeueCount} of ${settings.maxDequeueCount}): moving it to queue '${poison.name}'.`,
    );
    await poison.add(message.messageText);
    await this.delete(message);
  }

  private async delete(message: DequeuedMessageItem): Promise<void> {
    await this.tolerantly("delete", message, () =>
      this.parts.queue.deleteMessage(message.messageId, message.popReceipt),
    );
  }

  /** Another host that took the message over will finish it. */
  private async tolerantly(what: string, message: DequeuedMessageItem, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isMessageGone(error)) throw error;
      this.parts.log.debug(`Unable to ${what} message '${message.messageId}': ${describeStorageProblem(error)}.`);
    }
  }
}
