import type { ReceivedMessage } from "../core/message/queue-message";
import { mapConcurrent } from "../core/promises";
import type { MessageQueue } from "../core/queue/message-queue";
import type { HeldPoison, PoisonMessage, PoisonQueue } from "../core/queue/poison-queue";
import { type Deliveries, DeliverySettledError } from "../core/tables/deliveries";
import { CommandError } from "./errors";

/** How many rows are read at the same time. */
const concurrency = 16;

/** A poison message, and why it is one. */
export interface ExplainedPoison {
  poison: PoisonMessage;
  reason: string;
}

/** Adds the reasons that `deliveries` has. @throws TableUnreachableError */
export function explain(deliveries: Pick<Deliveries, "read">, messages: PoisonMessage[]): Promise<ExplainedPoison[]> {
  return mapConcurrent(concurrency, messages, async (poison) => {
    const row = await deliveries.read(poison.message?.id ?? poison.queueId);
    return { poison, reason: row?.reason || reasonWithoutRow(poison) };
  });
}

function reasonWithoutRow({ message, problem }: PoisonMessage): string {
  if (problem) return `The message is not valid: ${problem}`;
  // Without an id of its own, its row has the id that the main queue gave it, which is lost.
  return message?.id ? "not recorded" : "not known, because the message has no id of its own";
}

/** Whether a message has this id of its own, or from the poison queue. */
export function hasId(id: string): (poison: PoisonMessage) => boolean {
  return ({ queueId, message }) => queueId === id || message?.id === id;
}

export interface RequeueClient {
  deliveries: Pick<Deliveries, "read" | "reopen" | "markFailed">;
  queue: Pick<MessageQueue, "restore">;
  poison: Pick<PoisonQueue, "remove">;
}

/**
 * Puts a poison message back on the queue, for one more try. Every step can be repeated: after an interruption the message is
 * still in the poison queue, and its id prevents a second delivery. Resolves to that id.
 * @throws CommandError for a message that cannot be tried again
 */
export async function requeue({ deliveries, queue, poison }: RequeueClient, held: HeldPoison): Promise<string> {
  const received = toReceived(held);
  const { id } = received;
  const before = await deliveries.read(id);
  await reopen(deliveries, id);
  try {
    await queue.restore(received);
  } catch (error) {
    if (before?.status === "failed") await deliveries.markFailed(id, before.reason ?? ""); // as before
    throw error;
  }
  await poison.remove(held);
  return id;
}

/** @throws CommandError for an invalid message */
export function toReceived({ queueId, text, message, problem }: HeldPoison): ReceivedMessage {
  if (!message) throw new CommandError(`The message is invalid, and no retry can succeed: ${problem}`);
  return { id: message.id ?? `requeued-${queueId}`, json: text, message };
}

async function reopen(deliveries: RequeueClient["deliveries"], id: string): Promise<void> {
  try {
    await deliveries.reopen(id, "it was put on the queue again");
  } catch (error) {
    if (!(error instanceof DeliverySettledError)) throw error;
    throw new CommandError(`The message is already ${error.status}. Delete it with "poison drop".`);
  }
}
