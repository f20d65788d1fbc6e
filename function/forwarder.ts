import type { InvocationContext } from "@azure/functions";
import {
  InvalidMessage,
  type MessageQueue,
  parseMessage,
  type QueueMessage,
  type Secret,
  signEvent,
  toJson,
  VaultError,
} from "../message";
import { type DirectLine, DirectLineError } from "./direct-line";

/** Carries a queue message to the bot, as a signed event over Direct Line. */
export class Forwarder {
  constructor(
    private readonly queue: MessageQueue,
    private readonly directLine: DirectLine,
    private readonly webhook: Secret,
  ) {}

  /**
   * Resolves when the bot has taken the message, or when a copy of it waits for later or among the poison: the host
   * may then delete it. @throws only when the queue is out of reach, and the host tries again.
   */
  async forward(entry: unknown, context: InvocationContext): Promise<void> {
    let id = queueId(context);
    try {
      const message = parseMessage(entry);
      id = message.id ?? id;
      await this.deliver(message, id, context);
    } catch (error) {
      if (!(error instanceof InvalidMessage || error instanceof Undeliverable)) throw error;
      await this.queue.poison(entry);
      context.error(`Message ${id} was moved to the poison queue: ${error.message}`);
    }
  }

  private async deliver(message: QueueMessage, id: string, context: InvocationContext): Promise<void> {
    const { notBefore } = message;
    if (notBefore && Date.parse(notBefore) > Date.now()) {
      await this.queue.postpone({ ...message, id }, new Date(notBefore));
      return context.log(`Message ${id} waits until ${notBefore}`);
    }
    await this.send(message, id, context);
  }

  private async send(message: QueueMessage, id: string, context: InvocationContext): Promise<void> {
    try {
      await this.directLine.postEvent(signEvent(toJson(message), id, await this.webhook.get()));
      context.log(`Message ${id} was forwarded`);
    } catch (error) {
      if (!(error instanceof DirectLineError || error instanceof VaultError)) throw error;
      if (error instanceof DirectLineError && error.isFinal) throw new Undeliverable(error.message);
      await this.webhook.renew().catch(() => {}); // the bot refuses a signature with a secret that was rotated
      await this.defer({ ...message, id }, error, context);
    }
  }

  private async defer(
    message: QueueMessage,
    error: DirectLineError | VaultError,
    context: InvocationContext,
  ): Promise<void> {
    const deferred = await this.queue.defer(message, error instanceof DirectLineError ? error.retryAfter : 0);
    if (!deferred) throw new Undeliverable(`it was deferred for a day; last: ${error.message}`);
    context.warn(`Message ${message.id} was deferred: ${error.message}`);
  }
}

/** Trying again cannot help. */
class Undeliverable extends Error {}

/** The queue's id of the message. In the host's metadata a JSON body's field `id`, of whatever type, takes its place. */
function queueId({ triggerMetadata, invocationId }: InvocationContext): string {
  return typeof triggerMetadata?.id === "string" ? triggerMetadata.id : invocationId;
}
