import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cleanUp } from "../../function/clean-up";
import { Deliveries, DeliveryRecords, deliveriesTable } from "../../message";
import { TestInvocation, timer } from "./helpers/invocation";
import { StateTable } from "./helpers/state-table";

let tables: StateTable;
before(async () => {
  tables = await StateTable.open();
});
after(() => tables?.close());

const day = 24 * 60 * 60 * 1000;

test("what has not changed for so many days is forgotten, and the log says how much that was", async (t) => {
  const deliveries = new Deliveries(tables.table(deliveriesTable));
  await deliveries.delivered("a", new Date());
  await deliveries.delivered("b", new Date());
  const records = new DeliveryRecords(tables.table(deliveriesTable));
  const handler = cleanUp(records, 30);

  const early = new TestInvocation();
  await handler(timer(), early.context);
  assert.deepEqual(early.lines, ["info Clean-up: 0 deliveries that had not changed for 30 days were removed"]);
  assert.ok(await deliveries.read("a"));

  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 30 * day + 60_000 });
  const late = new TestInvocation();
  await handler(timer(), late.context);
  assert.deepEqual(late.lines, ["info Clean-up: 2 deliveries that had not changed for 30 days were removed"]);
  assert.equal(await deliveries.read("a"), undefined);
});
