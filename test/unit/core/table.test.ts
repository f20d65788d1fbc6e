import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Stored } from "../../../core/tables/table";
import { TableUnreachableError } from "../../../core/tables/table";
import { MemoryTable } from "../helpers/memory-table";

interface Counter {
  count: number;
  note?: string;
}

const key = { partitionKey: "p", rowKey: "r" };

let table: MemoryTable;

beforeEach(() => {
  table = new MemoryTable();
});

const increment = (row?: Stored<Counter>) => ({ count: (row?.count ?? 0) + 1 });

test("a row that does not exist is read as undefined", async () => {
  assert.equal(await table.get(key), undefined);
});

test("concurrent changes of one row are all kept", async () => {
  await Promise.all(Array.from({ length: 5 }, () => table.change<Counter>(key, increment)));
  assert.equal((await table.get<Counter>(key))?.count, 5);
});

test("a change that assumes a new row is decided again when the row exists", async () => {
  await table.merge({ ...key, count: 3 });
  await table.change<Counter>(key, increment, { assumeNew: true });
  assert.equal((await table.get<Counter>(key))?.count, 4);
});

test("a merge keeps other properties, and a replacement removes them", async () => {
  await table.merge({ ...key, count: 3, note: "kept" });
  await table.change<Counter>(key, increment);
  assert.deepEqual(table.rows, [{ count: 4, note: "kept" }]);
  await table.change<Counter>(key, increment, { mode: "Replace" });
  assert.deepEqual(table.rows, [{ count: 5 }]);
});

test("a decision for no change writes nothing", async () => {
  await table.change<Counter>(key, () => undefined);
  assert.deepEqual(table.rows, []);
});

test("a change gives up when other changes come first every time", async () => {
  await table.merge({ ...key, count: 0 });
  let decisions = 0;
  const contested = table.change<Counter>(key, (row) => {
    decisions++;
    void table.merge({ ...key, note: String(decisions) }); // the memory table writes at once
    return increment(row);
  });
  await assert.rejects(
    contested,
    (error) => error instanceof TableUnreachableError && /came first/.test(error.message),
  );
  assert.equal(decisions, 10);
  assert.equal((await table.get<Counter>(key))?.count, 0);
});

test("a row is removed only while it has the given ETag", async () => {
  await table.merge({ ...key, count: 1 });
  const etag = (await table.get(key))?.etag;
  await table.change<Counter>(key, increment);
  assert.equal(await table.remove(key, etag), false);
  assert.equal(await table.remove(key), true);
  assert.equal(await table.remove(key), false);
});
