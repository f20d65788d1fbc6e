import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deliveriesTable } from "../../../core/names";
import { Deliveries, DeliverySettledError } from "../../../core/tables/deliveries";
import type { Table } from "../../../core/tables/table";
import { StateTable } from "../helpers/state-table";

let tables: StateTable;
let table: Table;
let deliveries: Deliveries;
let records: Deliveries;
before(async () => {
  tables = await StateTable.open();
  table = tables.table(deliveriesTable);
  deliveries = new Deliveries(table);
  records = new Deliveries(table);
});
after(() => tables?.close());

async function idsOf(beginning?: string): Promise<string[]> {
  return (await records.list(beginning)).map(({ id }) => id).sort();
}

test("a batch is listed by the prefix of its ids, whatever characters they have", async () => {
  for (const id of ["a/1", "a/~", "a/'; drop", "a0", "a", "b/1"]) await deliveries.markDelivered(id, new Date());
  assert.deepEqual(await idsOf("a/"), ["a/'; drop", "a/1", "a/~"]);
  assert.deepEqual(await idsOf("a/'"), ["a/'; drop"]);
  assert.deepEqual(await idsOf("c"), []);
  assert.equal((await idsOf()).length, 6);
});

test("more rows than one page are all listed and removed", async () => {
  const rows = 1_100; // it tells a thousand
  for (let id = 0; id < rows; id += 50) {
    await Promise.all(Array.from({ length: 50 }, (_, index) => deliveries.addTimestamps(`many/${id + index}`, {})));
  }
  assert.equal((await idsOf("many/")).length, rows);
  assert.ok((await records.removeUnchangedSince(new Date(Date.now() + 60_000))) >= rows);
  assert.deepEqual(await idsOf(), []);
});

test("rows that have changed since are kept", async () => {
  await deliveries.markDelivered("old", new Date());
  await deliveries.markDelivered("changed", new Date());
  assert.equal(await records.removeUnchangedSince(new Date(Date.now() - 60_000)), 0);
  const list = table.list.bind(table);
  table.list = async function* <T extends object>(query = {}) {
    for await (const row of list<T>(query)) {
      await deliveries.addTimestamps("changed", { dequeueCount: 2 }); // while the old ones are being listed
      yield row;
    }
  };
  assert.equal(await records.removeUnchangedSince(new Date(Date.now() + 60_000)), 1);
  table.list = list;
  assert.deepEqual(await idsOf(), ["changed"]);
});

test("a row that is not due yet is kept after any time, because it may be a cancellation", async () => {
  const minute = 60_000;
  const dueAt = (minutes: number) => ({ dueAt: new Date(Date.now() + minutes * minute) });
  await deliveries.announce("due later", dueAt(10));
  await deliveries.announce("was due", dueAt(-10));
  assert.ok((await records.removeUnchangedSince(new Date(Date.now() + minute))) >= 1);
  assert.deepEqual(await idsOf(), ["due later"]);
  assert.equal(await records.removeUnchangedSince(new Date(Date.now() + 11 * minute)), 1);
});

test("a failed message can be tried once more, and a delivered message cannot", async () => {
  await deliveries.markFailed("gone", "the conversation is gone");
  await assert.rejects(deliveries.claim("gone"), DeliverySettledError);
  await deliveries.reopen("gone", "an operator sent it again");
  assert.equal((await deliveries.read("gone"))?.status, "waiting");
  await deliveries.claim("gone");
  await deliveries.markDelivered("gone", new Date());
  await assert.rejects(deliveries.reopen("gone", "an operator sent it again"), DeliverySettledError);
  await deliveries.reopen("never seen", "an operator sent it again");
  assert.equal(await deliveries.read("never seen"), undefined);
});
