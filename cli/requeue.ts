import type { ReceivedMessage } from "../core/message/queue-message";
import type { MessageQueue } from "../core/queue/message-queue";
import type { HeldPoison, PoisonQueue } from "../core/queue/poison-queue";
import { type Deliveries, DeliverySettledError } from "../core/tables/deliveries";
import { Failure } from "./failure";

/** Where a message goes from, and to. */
export interface Requeueing {
  deliveries: Pick<Deliveries, "read" | "reopen" | "markFailed">;
  queue: Pick<MessageQueue, "restore">;
  poison: Pick<PoisonQueue, "remove">;
}

/**
 * Lets the bot try a poison message once more. Each step can be repeated: where this ends in between, the message is still
 * in the poison queue, and its id keeps it from being said twice. Resolves to that id.
 * @throws Failure for one that cannot be tried
 */
export async function requeue({ deliveries, queue, poison }: Requeueing, held: HeldPoison): Promise<string> {
  const received = receivedFrom(held);
  const { id } = received;
  const before = await deliveries.read(id);
  await reopen(deliveries, id);
  try {
    await queue.restore(received);
  } catch (error) {
    if (before?.status === "failed") await deliveries.markFailed(id, before.reason ?? ""); // as it was
    throw error;
  }
  await poison.remove(held);
  return id;
}

/** @throws Failure */
export function receivedFrom({ queueId, text, message, problem }: HeldPoison): ReceivedMessage {
  if (!message) throw new Failure(`it cannot be read, now or later: ${problem}`);
  return { id: message.id ?? `requeued-${queueId}`, json: text, message };
}

async function reopen(deliveries: Requeueing["deliveries"], id: string): Promise<void> {
  try {
    await deliveries.reopen(id, "it was put on the queue again");
  } catch (error) {
    if (error instanceof DeliverySettledError)
      throw new Failure(`it was ${error.status} all the same: it can be dropped`);
    throw error;
  }
}
