import { odata, type TableEntityResult } from "@azure/data-tables";
import type { Delivery } from "./deliveries";
import { sideBySide } from "./side-by-side";
import { isConflict, type Table } from "./table";

/** How many rows are removed side by side. */
const atOnce = 32;

/** The rows of the table `deliveries`, for those who look back: the operator, and who clears them away. */
export class DeliveryRecords {
  constructor(private readonly table: Table) {}

  /** Every row, or those whose id begins so, in no order. @throws TableUnreachable */
  list(beginning = ""): Promise<Delivery[]> {
    const filter = odata`id ge ${beginning} and id lt ${`${beginning}\u007f`}`; // an id is printable ASCII
    return this.table.all<Delivery>(beginning ? { filter } : {});
  }

  /** Removes what has not changed since then; resolves to how many rows that were. @throws TableUnreachable */
  async removeUnchangedSince(time: Date): Promise<number> {
    const old = await this.table.all({ filter: odata`Timestamp lt ${time}`, select: ["PartitionKey", "RowKey"] });
    const removed = await sideBySide(atOnce, old, (row) => this.remove(row));
    return removed.filter(Boolean).length;
  }

  /** False: somebody has changed it since it was read, or removed it. */
  private async remove({ partitionKey = "", rowKey = "", etag }: TableEntityResult<object>): Promise<boolean> {
    const remove = this.table.request((client, options) =>
      client.deleteEntity(partitionKey, rowKey, { ...options, etag }),
    );
    return remove.then(
      () => true,
      (error) => {
        if (isConflict(error)) return false;
        throw error;
      },
    );
  }
}
