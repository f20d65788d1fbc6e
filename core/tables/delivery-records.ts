import { odata } from "@azure/data-tables";
import type { Delivery } from "./deliveries";
import type { Table } from "./table";

/** The rows of the table `deliveries`, for those who look back: the operator, and who clears them away. */
export class DeliveryRecords {
  constructor(private readonly table: Table) {}

  /** Every row, or those whose id begins so, in no order. @throws TableUnreachableError */
  list(beginning = ""): Promise<Delivery[]> {
    const filter = odata`id ge ${beginning} and id lt ${`${beginning}\u007f`}`; // an id is printable ASCII
    return this.table.all<Delivery>(beginning ? { filter } : {});
  }

  /**
   * Removes what has not changed since then; resolves to how many rows that were. One that was due later stays: its message may
   * still be on the queue, and must not be said if it was cancelled. @throws TableUnreachableError
   */
  async removeUnchangedSince(time: Date): Promise<number> {
    const select = ["PartitionKey", "RowKey", "dueAt"];
    const old = await this.table.all<Pick<Delivery, "dueAt">>({ filter: odata`Timestamp lt ${time}`, select });
    return this.table.removeUnchanged(old.filter(({ dueAt }) => !dueAt || dueAt < time));
  }
}
