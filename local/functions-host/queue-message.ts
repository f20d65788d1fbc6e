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

/** The expiration time of a message that does not expire, as .NET passes it to functions (DateTimeOffset.MaxValue). */
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

/** Processes a received message: runs the function, then deletes the message, releases it for another try, or moves it to the poison queue. */
export class MessageProcessor {
  constructor(private readonly parts: MessageProcessorParts) {}

  /** Never rejects. Storage errors are logged, and the message returns when its lease ends. */
  async process(message: DequeuedMessageItem): Promise<void> {
    try {
      await this.handle(message);
    } catch (error) {
      const { log, leaseSeconds } = this.parts;
      const problem = describeStorageProblem(error);
      log.error(`Could not finish message '${message.messageId}': ${problem}. It returns within ${leaseSeconds} s.`);
    }
  }

  /** Returns a message to the queue. */
  async release(message: DequeuedMessageItem, afterSeconds = 0): Promise<void> {
    await this.ignoringGone("release", message, () =>
      this.parts.queue.updateMessage(message.messageId, message.popReceipt, undefined, afterSeconds),
    );
  }

  private async handle(message: DequeuedMessageItem): Promise<void> {
    const { settings, log } = this.parts;
    if (message.dequeueCount > settings.maxDequeueCount) return this.moveToPoison(message);
    const body = decodeBody(message.messageText, settings.messageEncoding);
    if (body === undefined) {
      log.warn(`Message '${message.messageId}' is not Base64 of UTF-8, but host.json sets messageEncoding: base64.`);
      return this.moveToPoison(message);
    }
    const { succeeded, popReceipt } = await this.run(message, body);
    const current = { ...message, popReceipt };
    if (succeeded) return this.delete(current);
    if (!this.parts.poison) return; // the message stays hidden until its lease ends, so that it is not retried at once
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
    await this.ignoringGone("delete", message, () =>
      this.parts.queue.deleteMessage(message.messageId, message.popReceipt),
    );
  }

  /** Ignores the error when the message is gone: another host has received it and finishes it. */
  private async ignoringGone(what: string, message: DequeuedMessageItem, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isMessageGone(error)) throw error;
      this.parts.log.debug(`Could not ${what} message '${message.messageId}': ${describeStorageProblem(error)}.`);
    }
  }
}
