import { odata } from "@azure/data-tables";
import type { TimerHandler } from "@azure/functions";
import type { Deliveries } from "../../core/tables/deliveries";
import { isSelfNamed, type StoredReference } from "../../core/tables/stored-reference";
import type { Table } from "../../core/tables/table";

const day = 24 * 60 * 60 * 1000;

/** After how many days something is forgotten. */
export interface CleanUpDays {
  /** A message of which nothing was heard. */
  delivery: number;
  /** A visitor who named himself, such as on a chat page, and has not written since; 0: never. */
  reference: number;
}

/** Forgets what became of old messages, and chat visitors who do not come back: nobody can recognise those again. */
export function cleanUp(deliveries: Deliveries, references: Table, days: CleanUpDays): TimerHandler {
  return async (_timer, context) => {
    const removed = await deliveries.removeUnchangedSince(ago(days.delivery));
    context.log(`Clean-up: ${removed} deliveries that had not changed for ${days.delivery} days were removed`);
    if (!days.reference) return;
    const forgotten = await removeVisitors(references, ago(days.reference));
    context.log(`Clean-up: ${forgotten} chat visitors who had not written for ${days.reference} days were forgotten`);
  };
}

/** Users of other channels stay: they can be reached however long they are silent. */
async function removeVisitors(references: Table, time: Date): Promise<number> {
  const select = ["PartitionKey", "RowKey", "channelId"];
  const old = await references.all<Pick<StoredReference, "channelId">>({ filter: odata`seenAt lt ${time}`, select });
  return references.removeUnchanged(old.filter(isSelfNamed));
}

function ago(days: number): Date {
  return new Date(Date.now() - days * day);
}
