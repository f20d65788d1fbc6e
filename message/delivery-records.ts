import { odata } from "@azure/data-tables";
import type { Delivery } from "./deliveries";
import { isConflict, type Table } from "./table";

/** How many rows are removed side by side. */
const atOnce = 32;

/** The rows of the table `deliveries`, for those who look back: the operator, and who clears them away. */
export class DeliveryRecords {
  constructor(private readonly table: Table) {}

  /** Every row, or those whose id begins so, in no order. @throws TableUnreachable */
  list(beginning = ""): AsyncGenerator<Delivery> {
    const filter = odata`id ge ${beginning} and id lt ${`${beginning}\u007f`}`; // an id is printable ASCII
    return this.table.list<Delivery>(beginning ? { filter } : {});
  }

  /** Removes what has not changed since then; resolves to how many rows that were. @throws TableUnreachable */
  async removeUnchangedSince(time: Date): Promise<number> {
    const old = this.table.list({ filter: odata`Timestamp lt ${time}`, select: ["PartitionKey", "RowKey"] });
    let removed = 0;
    for (let rows = await take(old, atOnce); rows.length; rows = await take(old, atOnce)) {
      const outcomes = await Promise.all(rows.map((row) => this.remove(row)));
      removed += outcomes.filter(Boolean).length;
    }
    return removed;
  }

  /** False: somebody has changed it since it was read, or removed it. */
  private async remove({ partitionKey = "", rowKey = "", etag }: Row): Promise<boolean> {
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

type Row = { partitionKey?: string; rowKey?: string; etag: string };

async function take<T>(from: AsyncGenerator<T>, most: number): Promise<T[]> {
  const taken: T[] = [];
  while (taken.length < most) {
    const { done, value } = await from.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}
