import { setTimeout as sleep } from "node:timers/promises";
import type { InvocationContext } from "@azure/functions";
import { InvalidMessageError } from "../../core/message/invalid-message";
import { toJson } from "../../core/message/json-text";
import { copyOf, isCopy, parseMessage, type ReceivedMessage } from "../../core/message/queue-message";
import { signEvent } from "../../core/message/signed-event";
import { waitIfSoon } from "../../core/promises";
import { deferralLimit, type MessageQueue } from "../../core/queue/message-queue";
import type { Deliveries, Timestamps } from "../../core/tables/deliveries";
import { type Secret, VaultError } from "../../core/vault-secret";
import type { SendRate } from "./send-rate";
import { type Transport, TransportError } from "./transport";

/** Milliseconds for which a message that is not due yet is kept rather than put back: the queue hides in whole seconds, and lets go early. */
const shortWait = 2_000;

/** Milliseconds by which the clocks of an app and of the queue may differ, with the time that a request takes. */
const clockDifference = 5 * 60_000;
/** Milliseconds for which a message is kept for its turn rather than put back. */
const turnPatience = 2_000;

/** Brings a queue message to the bot, as a signed event. */
export class Forwarder {
  constructor(
    private readonly queue: MessageQueue,
    private readonly carrier: Transport,
    private readonly webhook: Secret,
    private readonly deliveries: Deliveries,
    private readonly rate: SendRate,
  ) {}

  /**
   * Resolves when the bot has taken the message, or when a copy of it waits for later or among the poison: the host
   * may then delete it. @throws only when the queue is out of reach, and the host tries again.
   */
  async forward(entry: unknown, context: InvocationContext): Promise<void> {
    const visit: Attempt = { id: queueId(entry, context), context, hop: hopOf(context) };
    const json = textOf(entry);
    try {
      const message = parseMessage(json);
      visit.id = message.id ?? visit.id;
      await this.deliver(believed({ id: visit.id, json, message }, visit), visit);
    } catch (error) {
      if (!(error instanceof InvalidMessageError || error instanceof UndeliverableError)) throw error;
      await this.setAside(json, error, visit);
    }
  }

  private async deliver(received: ReceivedMessage, visit: Attempt): Promise<void> {
    const { notBefore } = received.message;
    if (isCopy(received.message)) visit.hop.queuedAt = undefined; // of a copy: the message is older
    if (notBefore && !(await waitIfSoon(notBefore, shortWait))) return this.postpone(received, notBefore, visit);
    const turn = this.rate.ask(turnPatience);
    if ("comeBackIn" in turn) return this.queueUp(received, new Date(Date.now() + turn.comeBackIn), visit);
    if (turn.wait > 0) await sleep(turn.wait);
    for (let rest = this.rate.leave(); rest > 0; rest = this.rate.leave()) await sleep(rest);
    await this.send(received, visit);
  }

  private async postpone(received: ReceivedMessage, notBefore: string, visit: Attempt): Promise<void> {
    const { id, context, hop } = visit;
    if (await this.isCancelled(visit)) return;
    const dueAt = new Date(notBefore);
    await this.queue.postpone(received, dueAt);
    context.log(`Message ${id} waits until ${notBefore}`);
    await this.record(visit, this.deliveries.markWaiting(id, `it is not due before ${notBefore}`, { ...hop, dueAt }));
  }

  /** Nothing is wrong with the message, so this counts as no attempt. */
  private async queueUp(received: ReceivedMessage, comeBackAt: Date, visit: Attempt): Promise<void> {
    const { id, context, hop } = visit;
    if (await this.isCancelled(visit)) return;
    await this.queue.postpone(received, comeBackAt);
    context.log(`Message ${id} waits for its turn until ${comeBackAt.toISOString()}`);
    await this.record(visit, this.deliveries.markWaiting(id, "it waits for its turn", hop));
  }

  /** Looked up only before a message goes back to the queue: the bot looks, too, before it says one. */
  private async isCancelled(visit: Attempt): Promise<boolean> {
    const { id, context, hop } = visit;
    const row = await this.deliveries.read(id).catch(() => undefined);
    if (row?.status !== "cancelled") return false;
    context.log(`Message ${id} was cancelled, and is dropped`);
    await this.record(visit, this.deliveries.addTimestamps(id, hop));
    return true;
  }

  private async send(received: ReceivedMessage, visit: Attempt): Promise<void> {
    const { id, context, hop } = visit;
    try {
      await this.carrier.send(signEvent(received.json, id, await this.webhook.get()));
    } catch (error) {
      if (!(error instanceof TransportError || error instanceof VaultError)) throw error;
      if (error instanceof TransportError && error.isFinal) throw new UndeliverableError(error.message);
      await this.webhook.renew().catch(() => {}); // the bot refuses a signature with a secret that was rotated
      return this.defer(received, error, visit);
    }
    context.log(`Message ${id} was forwarded`);
    await this.record(visit, this.deliveries.addTimestamps(id, hop)); // afterwards: the user does not wait for it
  }

  private async defer(received: ReceivedMessage, error: TransportError | VaultError, visit: Attempt): Promise<void> {
    const { id, context, hop } = visit;
    if (await this.isCancelled(visit)) return;
    const retryAfter = error instanceof TransportError ? error.retryAfter : 0;
    const deferred = await this.queue.defer(received, retryAfter);
    if (!deferred) throw new UndeliverableError(`it was deferred for a day; last: ${error.message}`);
    context.warn(`Message ${id} was deferred: ${error.message}`);
    await this.record(visit, this.deliveries.markWaiting(id, error.message, hop));
  }

  /** Recorded first: where this ends in between, the host brings the message again, and it is set aside once. */
  private async setAside(json: string, error: InvalidMessageError | UndeliverableError, visit: Attempt): Promise<void> {
    const { id, context, hop } = visit;
    const why = error instanceof InvalidMessageError ? `the message is not valid: ${error.message}` : error.message;
    await this.record(visit, this.deliveries.markFailed(id, why, hop));
    await this.queue.poison(json);
    context.error(`Message ${id} was moved to the poison queue: ${error.message}`);
  }

  /** A table that is out of reach holds no message up. */
  private async record({ id, context }: Attempt, work: Promise<void>): Promise<void> {
    await work.catch((error) => context.error(`What became of message ${id} was not recorded: ${error.message}`));
  }
}

/** One coming of a message. */
interface Attempt {
  id: string;
  hop: Timestamps;
  context: InvocationContext;
}

/** Trying again cannot help. */
class UndeliverableError extends Error {}

/** As it came: the host brings bytes, and of these the library makes nothing else. */
function textOf(entry: unknown): string {
  if (entry instanceof Uint8Array) return Buffer.from(entry).toString();
  return typeof entry === "string" ? entry : toJson(entry ?? null);
}

/** The queue's id of the message. Of anything but bytes the host would let a JSON body's `id` take its place. */
function queueId(entry: unknown, { triggerMetadata, invocationId }: InvocationContext): string {
  const { id } = triggerMetadata ?? {};
  return typeof id === "string" && entry instanceof Uint8Array ? id : invocationId;
}

/**
 * Without a deferral that no app of this stack has made: it gives up after a day, so that a copy is in the queue within a
 * day of the first deferral. An older one came from elsewhere, perhaps from a message that somebody found and sent again.
 */
function believed(received: ReceivedMessage, { hop: { queuedAt } }: Attempt): ReceivedMessage {
  const since = Date.parse(received.message.deferredSince ?? "");
  if (!queuedAt || !(queuedAt.getTime() - since > deferralLimit + clockDifference)) return received;
  const json = copyOf(received, { attempt: 0, deferredSince: undefined });
  return { ...received, json, message: parseMessage(json) };
}

/** What the host's metadata tells. */
function hopOf({ triggerMetadata }: InvocationContext): Timestamps {
  const { insertionTime, dequeueCount } = triggerMetadata ?? {};
  const queuedAt = new Date(String(insertionTime));
  return {
    queuedAt: Number.isNaN(queuedAt.getTime()) ? undefined : queuedAt,
    dequeuedAt: new Date(),
    dequeueCount: Number.isInteger(dequeueCount) ? Number(dequeueCount) : undefined,
  };
}
