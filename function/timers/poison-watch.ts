import type { InvocationContext, TimerHandler } from "@azure/functions";
import type { PoisonMessage, PoisonQueue } from "../../core/queue/poison-queue";
import { type Deliveries, type Delivery, isSettled } from "../../core/tables/deliveries";

/** Why a message failed of which nobody could write down why. */
const crashed =
  "the host of the function died 5 times while it had the message, or could not write down why it was set aside";

/** The row of a message without an id is under the queue's own, which is not known here: this one is beside it. */
const nameless =
  "it lies in the poison queue, and came without an id: why it is there may be told by the row of its queue id";

/**
 * Looks into the poison queue: what ended there because a host died is written down as failed, and while anything lies there
 * the log says so, for an alert. Only looks: what lies there is for people.
 */
export function poisonWatch(poison: PoisonQueue, deliveries: Deliveries): TimerHandler {
  return async (_timer, context) => {
    const found = await poison.peek();
    if (!found.length) return;
    const count = Math.max(await poison.count(), found.length); // the queue's own count is about right
    context.error(
      `Poison queue: ${count === 1 ? "1 message waits" : `${count} messages wait`} in ${poison.name} for somebody to look at them`,
    );
    for (const message of found) await record(message, deliveries, context);
  };
}

async function record(poison: PoisonMessage, deliveries: Deliveries, context: InvocationContext): Promise<void> {
  const id = poison.message?.id ?? poison.queueId;
  const row = await deliveries.read(id);
  if (isKnown(row, poison)) return;
  await deliveries.markFailed(id, reason(poison));
  context.warn(`Message ${id} was recorded as failed: it lies in the poison queue`);
}

function reason({ message, problem }: PoisonMessage): string {
  if (problem) return `the message is not valid: ${problem}`;
  return message?.id ? crashed : nameless;
}

/** Its end is known, or somebody has put it back since. */
function isKnown(row: Delivery | undefined, { since }: PoisonMessage): boolean {
  if (isSettled(row?.status)) return true;
  return row?.deferredAt !== undefined && row.deferredAt > since;
}
