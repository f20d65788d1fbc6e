import type { InvocationContext, TimerHandler } from "@azure/functions";
import type { PoisonMessage, PoisonQueue } from "../../core/queue/poison-queue";
import { type Deliveries, type Delivery, isSettled } from "../../core/tables/deliveries";

/** Every five minutes, as NCRONTAB. */
export const poisonWatchTime = "0 */5 * * * *";

/** The reason of a message for which no reason was recorded. */
const unrecorded =
  "The message is in the poison queue and no reason was recorded: the function's host stopped 5 times while it had the message, or the table deliveries could not be reached.";

/** The reason of a message without an id: its row is under the id that the queue gave it, which the poison queue does not tell. */
const withoutId =
  "The message is in the poison queue and has no id. The row under the id that the queue gave it may tell the reason.";

/**
 * Looks at the poison queue every few minutes. It logs an error for an alert while messages are there, and records those
 * messages as failed that the host has moved there. It changes nothing in the queue.
 */
export function poisonWatch(poison: PoisonQueue, deliveries: Deliveries): TimerHandler {
  return async (_timer, context) => {
    const messages = await poison.peek();
    if (!messages.length) return;
    const count = Math.max(await poison.count(), messages.length); // the queue's own count is approximate
    const waiting = count === 1 ? "1 message waits" : `${count} messages wait`;
    context.error(`Poison queue: ${waiting} in ${poison.name}. List them with "npm run cli -- poison list".`);
    for (const message of messages) await record(message, deliveries, context);
  };
}

async function record(poison: PoisonMessage, deliveries: Deliveries, context: InvocationContext): Promise<void> {
  const id = poison.message?.id ?? poison.queueId;
  if (isRecorded(await deliveries.read(id), poison)) return;
  await deliveries.markFailed(id, reasonOf(poison));
  context.warn(`Message ${id} was recorded as failed: it is in the poison queue`);
}

function reasonOf({ message, problem }: PoisonMessage): string {
  if (problem) return `The message is not valid: ${problem}`;
  return message?.id ? unrecorded : withoutId;
}

/** The row has a final status, or the message has been put back on its queue since. */
function isRecorded(row: Delivery | undefined, { since }: PoisonMessage): boolean {
  return isSettled(row?.status) || (row?.deferredAt !== undefined && row.deferredAt > since);
}
