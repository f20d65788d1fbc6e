import type { TimerHandler } from "@azure/functions";
import type { DeliveryRecords } from "../message";

const day = 24 * 60 * 60 * 1000;

/** Forgets what became of messages of which nothing was heard for so many days. */
export function cleanUp(records: DeliveryRecords, days: number): TimerHandler {
  return async (_timer, context) => {
    const removed = await records.removeUnchangedSince(new Date(Date.now() - days * day));
    context.log(`Clean-up: ${removed} deliveries that had not changed for ${days} days were removed`);
  };
}
