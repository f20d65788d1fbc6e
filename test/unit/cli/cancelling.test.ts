import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { type Cancelling, cancel } from "../../../cli/cancelling";
import { WrongUsage } from "../../../cli/failure";
import { TestDeliveries } from "../helpers/deliveries";

let deliveries: TestDeliveries;
let desk: Cancelling;
beforeEach(() => {
  deliveries = new TestDeliveries();
  desk = {
    deliveries,
    delivery: async (id) => deliveries.rows.filter((row) => row.id === id),
    deliveriesOf: async (batch) => deliveries.rows.filter((row) => row.id.startsWith(`${batch}/`)),
  };
});

function statuses(): Record<string, string | undefined> {
  return Object.fromEntries(deliveries.rows.map(({ id, status }) => [id, status]));
}

test("of a batch what waits is cancelled, and it is told what had been delivered and what is being said", async () => {
  for (const id of ["b/1", "b/2", "b/3", "b/4", "b/5", "another/1"]) await deliveries.announce(id, {});
  await deliveries.markDelivered("b/1", new Date());
  await deliveries.markFailed("b/2", "gone");
  await deliveries.claim("b/3");
  const { data, text } = await cancel(desk, "b", {});
  assert.deepEqual(data, { batch: "b", cancelled: 3, underWay: 1, delivered: 1, failed: 1 });
  assert.equal(
    text,
    "3 cancelled. 1 had been delivered before, 1 had failed.\n1 of the cancelled were being said at that moment, and may still be heard.",
  );
  assert.deepEqual(statuses(), {
    "b/1": "delivered",
    "b/2": "failed",
    "b/3": "cancelled",
    "b/4": "cancelled",
    "b/5": "cancelled",
    "another/1": "waiting",
    b: "cancelled",
  });
  const again = await cancel(desk, "b", {});
  assert.deepEqual(again.data, { batch: "b", cancelled: 3, underWay: 0, delivered: 1, failed: 1 });
});

test("one message is cancelled by its id, and those whose ids begin so are not", async () => {
  for (const id of ["order", "order/1"]) await deliveries.announce(id, {});
  assert.equal((await cancel(desk, "order", {})).text, "order is cancelled.");
  assert.deepEqual(statuses(), { order: "cancelled", "order/1": "waiting" });
  await deliveries.markDelivered("order/1", new Date());
  const { text, data } = await cancel(desk, "order/1", {});
  assert.equal(text, "order/1 was delivered before.");
  assert.deepEqual(data, { id: "order/1", cancelled: 0, underWay: 0, delivered: 1, failed: 0 });
});

test("an id of which nothing is known is cancelled only where that is meant", async () => {
  await assert.rejects(cancel(desk, "typo", {}), {
    name: "Failure",
    message: /^Nothing is known of typo, so nothing was /,
  });
  assert.deepEqual(statuses(), {});
  assert.match(
    (await cancel(desk, "schedule-x", { unseen: true })).text,
    /^schedule-x is cancelled: if it comes to the/,
  );
  assert.deepEqual(statuses(), { "schedule-x": "cancelled" });
  await assert.rejects(cancel(desk, " ü", {}), WrongUsage);
});
