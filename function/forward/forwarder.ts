import type { InvocationContext } from "@azure/functions";
import { InvalidMessageError } from "../../core/message/invalid-message";
import { toJson } from "../../core/message/json-text";
import { copyOf, isCopy, parseMessage, type ReceivedMessage } from "../../core/message/queue-message";
import { signEvent } from "../../core/message/signed-event";
import { waitIfSoon } from "../../core/promises";
import type { MessageQueue } from "../../core/queue/message-queue";
import { deferralLimit } from "../../core/queue/retry-delay";
import { type Deliveries, notDueReason, type Timestamps } from "../../core/tables/deliveries";
import { type Secret, VaultError } from "../../core/vault-secret";
import type { SendRate } from "./send-rate";
import { type Transport, TransportError } from "./transport";

/** Milliseconds for which the function keeps a message that must wait. The queue counts in whole seconds, and may be early. */
const maxWait = 2_000;

/** Milliseconds by which the clocks of an app and of the queue may differ, including the time that a request takes. */
const clockDifference = 5 * 60_000;

/** Sends each message of the queue to the bot, as a signed event. */
export class Forwarder {
  constructor(
    private readonly queue: MessageQueue,
    private readonly transport: Transport,
    private readonly webhook: Secret,
    private readonly deliveries: Deliveries,
    private readonly rate: SendRate,
  ) {}

  /**
   * Resolves when the bot has taken the message, or when a copy is back on the queue or in the poison queue: then the host
   * deletes the message. @throws only when the queue cannot be reached: then the host tries again
   */
  async forward(entry: unknown, context: InvocationContext): Promise<void> {
    const attempt: Attempt = { id: queueId(entry, context), timestamps: timestampsOf(context), context };
    const json = textOf(entry);
    try {
      const message = parseMessage(json);
      attempt.id = message.id ?? attempt.id;
      const received = withoutOldDeferral({ id: attempt.id, json, message }, attempt.timestamps);
      await this.sendWhenAllowed(received, attempt);
    } catch (error) {
      if (!(error instanceof InvalidMessageError || error instanceof UndeliverableError)) throw error;
      await this.setAside(json, error, attempt);
    }
  }

  /** Sends the message when it is due and the send rate allows it. */
  private async sendWhenAllowed(received: ReceivedMessage, attempt: Attempt): Promise<void> {
    const { timestamps } = attempt;
    const { notBefore } = received.message;
    if (isCopy(received.message)) timestamps.queuedAt = undefined; // the time of the copy: the message is older
    if (notBefore && !(await waitIfSoon(notBefore, maxWait))) {
      timestamps.dueAt = new Date(notBefore);
      return this.postpone(received, timestamps.dueAt, notDueReason(notBefore), attempt);
    }
    const delay = await this.rate.waitForTurn(maxWait);
    if (delay > 0)
      return this.postpone(received, new Date(Date.now() + delay), "The message waits for its turn.", attempt);
    await this.send(received, attempt);
  }

  private async send(received: ReceivedMessage, attempt: Attempt): Promise<void> {
    const { id, context, timestamps } = attempt;
    try {
      await this.transport.send(signEvent(received.json, id, await this.webhook.get()));
    } catch (error) {
      if (!(error instanceof TransportError || error instanceof VaultError)) throw error;
      if (error instanceof TransportError && error.isFinal) throw new UndeliverableError(error.message);
      await this.webhook.renew().catch(() => {}); // the bot refuses a signature with a secret that was rotated
      return this.defer(received, error, attempt);
    }
    context.log(`Message ${id} was forwarded`);
    await this.record(attempt, this.deliveries.addTimestamps(id, timestamps)); // after the send, so that the user need not wait
  }

  /** Puts a copy back until a time. Nothing went wrong, so this does not count as a deferral. */
  private async postpone(received: ReceivedMessage, until: Date, reason: string, attempt: Attempt): Promise<void> {
    const { id, context, timestamps } = attempt;
    if (await this.isCancelled(attempt)) return;
    await this.queue.postpone(received, until);
    context.log(`Message ${id} is back on the queue until ${until.toISOString()}: ${reason}`);
    await this.record(attempt, this.deliveries.markWaiting(id, reason, timestamps));
  }

  /** Puts a copy back for another try. */
  private async defer(received: ReceivedMessage, error: TransportError | VaultError, attempt: Attempt): Promise<void> {
    const { id, context, timestamps } = attempt;
    if (await this.isCancelled(attempt)) return;
    const deferred = await this.queue.defer(received, error instanceof TransportError ? error.retryAfter : 0);
    if (!deferred) throw new UndeliverableError(`The message was deferred for a day. Last error: ${error.message}`);
    context.warn(`Message ${id} was deferred: ${error.message}`);
    await this.record(attempt, this.deliveries.markWaiting(id, error.message, timestamps));
  }

  /** Moves the message to the poison queue. If the host dies between the two steps, it brings the message again. */
  private async setAside(
    json: string,
    error: InvalidMessageError | UndeliverableError,
    attempt: Attempt,
  ): Promise<void> {
    const { id, context, timestamps } = attempt;
    const isInvalid = error instanceof InvalidMessageError;
    const reason = isInvalid ? `The message is not valid: ${error.message}` : error.message;
    await this.record(attempt, this.deliveries.markFailed(id, reason, timestamps));
    await this.queue.poison(json);
    context.error(`Message ${id} was moved to the poison queue: ${error.message}`);
  }

  /** Checked only before a message goes back to the queue: the bot checks it before each delivery. */
  private async isCancelled(attempt: Attempt): Promise<boolean> {
    const { id, context, timestamps } = attempt;
    const row = await this.deliveries.read(id).catch(() => undefined);
    if (row?.status !== "cancelled") return false;
    context.log(`Message ${id} was cancelled, and is dropped`);
    await this.record(attempt, this.deliveries.addTimestamps(id, timestamps));
    return true;
  }

  /** Logs a failed write: a table that cannot be reached stops no message. */
  private async record({ id, context }: Attempt, write: Promise<void>): Promise<void> {
    await write.catch((error) => context.error(`The row of message ${id} was not written: ${error.message}`));
  }
}

/** One attempt to send a message: one invocation of the function. */
interface Attempt {
  id: string;
  timestamps: Timestamps;
  context: InvocationContext;
}

/** A message that no further attempt can deliver. */
class UndeliverableError extends Error {
  override readonly name = "UndeliverableError";
}

/** The text as it came. The host gives bytes; the library leaves these as they are. */
function textOf(entry: unknown): string {
  if (entry instanceof Uint8Array) return Buffer.from(entry).toString();
  return typeof entry === "string" ? entry : toJson(entry ?? null);
}

/** The id of the queue's message. For an entry that is not bytes, the host would put the `id` of the JSON body there. */
function queueId(entry: unknown, { triggerMetadata, invocationId }: InvocationContext): string {
  const { id } = triggerMetadata ?? {};
  return typeof id === "string" && entry instanceof Uint8Array ? id : invocationId;
}

/** The timestamps in the host's metadata. */
function timestampsOf({ triggerMetadata }: InvocationContext): Timestamps {
  const { insertionTime, dequeueCount } = triggerMetadata ?? {};
  const queuedAt = new Date(String(insertionTime));
  return {
    queuedAt: Number.isNaN(queuedAt.getTime()) ? undefined : queuedAt,
    dequeuedAt: new Date(),
    dequeueCount: Number.isInteger(dequeueCount) ? Number(dequeueCount) : undefined,
  };
}

/**
 * Removes a deferral that this stack's apps have not made: they give up after a day, so they queue no copy later than a day
 * after the first deferral. An older deferral is in the text of a message that was sent again from elsewhere.
 */
function withoutOldDeferral(received: ReceivedMessage, { queuedAt }: Timestamps): ReceivedMessage {
  const since = Date.parse(received.message.deferredSince ?? "");
  if (!queuedAt || !(queuedAt.getTime() - since > deferralLimit + clockDifference)) return received;
  const json = copyOf(received, { attempt: 0, deferredSince: undefined });
  return { ...received, json, message: parseMessage(json) };
}
