import { odata } from "@azure/data-tables";
import type { TimerHandler } from "@azure/functions";
import type { Deliveries } from "../../core/tables/deliveries";
import { isSelfNamed, type StoredReference } from "../../core/tables/stored-reference";
import type { Table } from "../../core/tables/table";

/** Each night, as NCRONTAB in UTC. */
export const cleanUpTime = "0 30 3 * * *";

const day = 24 * 60 * 60 * 1000;

/** The number of days for which rows are kept. */
export interface CleanUpDays {
  /** A delivery that does not change. */
  delivery: number;
  /** A visitor of a chat page that does not write; 0: for ever. */
  reference: number;
}

/** Removes old deliveries, and visitors of chat pages that have not written for long: the bot cannot recognise them again. */
export function cleanUp(deliveries: Deliveries, references: Table, days: CleanUpDays): TimerHandler {
  return async (_timer, context) => {
    const removed = await deliveries.removeUnchangedSince(ago(days.delivery));
    context.log(`Clean-up: ${removed} deliveries that had not changed for ${days.delivery} days were removed`);
    if (!days.reference) return;
    const forgotten = await removeVisitors(references, ago(days.reference));
    context.log(`Clean-up: ${forgotten} chat visitors who had not written for ${days.reference} days were forgotten`);
  };
}

/** Users of other channels stay: the bot can reach them after any time. */
async function removeVisitors(references: Table, time: Date): Promise<number> {
  const select = ["PartitionKey", "RowKey", "channelId"];
  const old = await references.all<Pick<StoredReference, "channelId">>({ filter: odata`seenAt lt ${time}`, select });
  return references.removeUnchanged(old.filter(isSelfNamed));
}

function ago(days: number): Date {
  return new Date(Date.now() - days * day);
}
