import {
  type Deliveries,
  DeliverySettled,
  type HeldPoison,
  type MessageQueue,
  type PoisonQueue,
  type QueueMessage,
} from "../message";
import { Failure } from "./failure";

/** Where a message goes from, and to. */
export interface Requeueing {
  deliveries: Pick<Deliveries, "read" | "reopen" | "failed">;
  queue: Pick<MessageQueue, "enqueue">;
  poison: Pick<PoisonQueue, "remove">;
}

/**
 * Lets the bot try a poison message once more. Each step can be repeated: where this ends in between, the message is still
 * in the poison queue, and its id keeps it from being said twice. Resolves to that id.
 * @throws Failure for one that cannot be tried
 */
export async function requeue({ deliveries, queue, poison }: Requeueing, held: HeldPoison): Promise<string> {
  const message = copyOf(held);
  const before = await deliveries.read(message.id);
  await reopen(deliveries, message.id);
  try {
    await queue.enqueue(message);
  } catch (error) {
    if (before?.status === "failed") await deliveries.failed(message.id, before.reason ?? ""); // as it was
    throw error;
  }
  await poison.remove(held);
  return message.id;
}

/** As if it were new. @throws Failure */
export function copyOf({ queueId, message, problem }: HeldPoison): QueueMessage & { id: string } {
  if (!message) throw new Failure(`it cannot be read, now or later: ${problem}`);
  const { attempt, deferredSince, notBefore, ...rest } = message;
  const isAhead = notBefore && Date.parse(notBefore) > Date.now();
  return { ...rest, ...(isAhead && { notBefore }), id: message.id ?? `requeued-${queueId}` };
}

async function reopen(deliveries: Requeueing["deliveries"], id: string): Promise<void> {
  try {
    await deliveries.reopen(id, "it was put on the queue again");
  } catch (error) {
    if (error instanceof DeliverySettled) throw new Failure(`it was ${error.status} all the same: it can be dropped`);
    throw error;
  }
}
