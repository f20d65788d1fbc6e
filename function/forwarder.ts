import { setTimeout as sleep } from "node:timers/promises";
import type { InvocationContext } from "@azure/functions";
import {
  comesDue,
  type Deliveries,
  type Hop,
  InvalidMessage,
  isCopy,
  type MessageQueue,
  parseMessage,
  type QueueMessage,
  type Secret,
  signEvent,
  toJson,
  VaultError,
} from "../message";
import { type Carrier, NotCarried } from "./carrier";
import type { SendRate } from "./send-rate";

/** Milliseconds for which a message that is not due yet is kept rather than put back: the queue hides in whole seconds, and lets go early. */
const shortWait = 2_000;

/** Milliseconds for which a message is kept for its turn rather than put back. */
const patience = 2_000;

/** Brings a queue message to the bot, as a signed event. */
export class Forwarder {
  constructor(
    private readonly queue: MessageQueue,
    private readonly carrier: Carrier,
    private readonly webhook: Secret,
    private readonly deliveries: Deliveries,
    private readonly rate: SendRate,
  ) {}

  /**
   * Resolves when the bot has taken the message, or when a copy of it waits for later or among the poison: the host
   * may then delete it. @throws only when the queue is out of reach, and the host tries again.
   */
  async forward(entry: unknown, context: InvocationContext): Promise<void> {
    const visit: Visit = { id: queueId(entry, context), context, hop: hopOf(context) };
    try {
      const message = parseMessage(entry);
      visit.id = message.id ?? visit.id;
      if (isCopy(message)) visit.hop.queuedAt = undefined; // of a copy: the message is older
      await this.deliver(message, visit);
    } catch (error) {
      if (!(error instanceof InvalidMessage || error instanceof Undeliverable)) throw error;
      await this.setAside(entry, error, visit);
    }
  }

  private async deliver(message: QueueMessage, visit: Visit): Promise<void> {
    const { notBefore } = message;
    if (notBefore && !(await comesDue(notBefore, shortWait))) return this.postpone(message, notBefore, visit);
    const turn = this.rate.ask(patience);
    if ("comeBackIn" in turn) return this.queueUp(message, new Date(Date.now() + turn.comeBackIn), visit);
    if (turn.wait > 0) await sleep(turn.wait);
    for (let rest = this.rate.leave(); rest > 0; rest = this.rate.leave()) await sleep(rest);
    await this.send(message, visit);
  }

  private async postpone(message: QueueMessage, notBefore: string, visit: Visit): Promise<void> {
    const { id, context, hop } = visit;
    if (await this.isCancelled(visit)) return;
    const dueAt = new Date(notBefore);
    await this.queue.postpone({ ...message, id }, dueAt);
    context.log(`Message ${id} waits until ${notBefore}`);
    await this.record(visit, this.deliveries.waits(id, `it is not due before ${notBefore}`, { ...hop, dueAt }));
  }

  /** Nothing is wrong with the message, so this counts as no attempt. */
  private async queueUp(message: QueueMessage, comeBackAt: Date, visit: Visit): Promise<void> {
    const { id, context, hop } = visit;
    if (await this.isCancelled(visit)) return;
    await this.queue.postpone({ ...message, id }, comeBackAt);
    context.log(`Message ${id} waits for its turn until ${comeBackAt.toISOString()}`);
    await this.record(visit, this.deliveries.waits(id, "it waits for its turn", hop));
  }

  /** Looked up only before a message goes back to the queue: the bot looks, too, before it says one. */
  private async isCancelled(visit: Visit): Promise<boolean> {
    const { id, context, hop } = visit;
    const row = await this.deliveries.read(id).catch(() => undefined);
    if (row?.status !== "cancelled") return false;
    context.log(`Message ${id} was cancelled, and is dropped`);
    await this.record(visit, this.deliveries.passed(id, hop));
    return true;
  }

  private async send(message: QueueMessage, visit: Visit): Promise<void> {
    const { id, context, hop } = visit;
    try {
      await this.carrier.carry(signEvent(toJson(message), id, await this.webhook.get()));
    } catch (error) {
      if (!(error instanceof NotCarried || error instanceof VaultError)) throw error;
      if (error instanceof NotCarried && error.isFinal) throw new Undeliverable(error.message);
      await this.webhook.renew().catch(() => {}); // the bot refuses a signature with a secret that was rotated
      return this.defer(message, error, visit);
    }
    context.log(`Message ${id} was forwarded`);
    await this.record(visit, this.deliveries.passed(id, hop)); // afterwards: the user does not wait for it
  }

  private async defer(message: QueueMessage, error: NotCarried | VaultError, visit: Visit): Promise<void> {
    const { id, context, hop } = visit;
    if (await this.isCancelled(visit)) return;
    const retryAfter = error instanceof NotCarried ? error.retryAfter : 0;
    const deferred = await this.queue.defer({ ...message, id }, retryAfter);
    if (!deferred) throw new Undeliverable(`it was deferred for a day; last: ${error.message}`);
    context.warn(`Message ${id} was deferred: ${error.message}`);
    await this.record(visit, this.deliveries.waits(id, error.message, hop));
  }

  /** Recorded first: where this ends in between, the host brings the message again, and it is set aside once. */
  private async setAside(entry: unknown, error: InvalidMessage | Undeliverable, visit: Visit): Promise<void> {
    const { id, context, hop } = visit;
    const why = error instanceof InvalidMessage ? `the message is not valid: ${error.message}` : error.message;
    await this.record(visit, this.deliveries.failed(id, why, hop));
    await this.queue.poison(entry);
    context.error(`Message ${id} was moved to the poison queue: ${error.message}`);
  }

  /** A table that is out of reach holds no message up. */
  private async record({ id, context }: Visit, work: Promise<void>): Promise<void> {
    await work.catch((error) => context.error(`What became of message ${id} was not recorded: ${error.message}`));
  }
}

/** One coming of a message. */
interface Visit {
  id: string;
  hop: Hop;
  context: InvocationContext;
}

/** Trying again cannot help. */
class Undeliverable extends Error {}

/** The queue's id of the message, or where a field of its body hides that, this invocation's: two messages never share one. */
function queueId(entry: unknown, { triggerMetadata, invocationId }: InvocationContext): string {
  const { id } = triggerMetadata ?? {};
  return typeof id === "string" && !hidesId(entry) ? id : invocationId;
}

/** In the host's metadata a JSON body's fields take the place of the queue's facts, whatever their type and case: `Id`, too. */
function hidesId(entry: unknown): boolean {
  if (typeof entry !== "object" || !entry) return false;
  return Object.entries(entry).some(([name, value]) => name.toLowerCase() === "id" && value !== null);
}

/** What the host's metadata tells; fields of that name in a JSON body take its place there, so it is told to people only. */
function hopOf({ triggerMetadata }: InvocationContext): Hop {
  const { insertionTime, dequeueCount } = triggerMetadata ?? {};
  const queuedAt = new Date(String(insertionTime));
  return {
    queuedAt: Number.isNaN(queuedAt.getTime()) ? undefined : queuedAt,
    dequeuedAt: new Date(),
    dequeueCount: Number.isInteger(dequeueCount) ? Number(dequeueCount) : undefined,
  };
}
