import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { type CancelClient, cancel } from "../../../cli/commands/cancel";
import { UsageError } from "../../../cli/errors";
import { TestDeliveries } from "../helpers/deliveries";

let deliveries: TestDeliveries;
let client: CancelClient;
beforeEach(() => {
  deliveries = new TestDeliveries();
  const listDeliveries = async (batch?: string) => deliveries.rows.filter((row) => row.id.startsWith(`${batch}/`));
  client = { deliveries, listDeliveries };
});

function statuses(): Record<string, string | undefined> {
  return Object.fromEntries(deliveries.rows.map(({ id, status }) => [id, status]));
}

test("a batch: waiting messages are cancelled, and the report counts the delivered, the failed and those under way", async () => {
  for (const id of ["b/1", "b/2", "b/3", "b/4", "b/5", "another/1"]) await deliveries.announce(id, {});
  await deliveries.markDelivered("b/1", new Date());
  await deliveries.markFailed("b/2", "gone");
  await deliveries.claim("b/3");
  const { data, text } = await cancel(client, "b");
  assert.deepEqual(data, { batch: "b", cancelled: 3, underWay: 1, delivered: 1, failed: 1 });
  assert.equal(
    text,
    "Cancelled: 3. Delivered before: 1. Failed before: 1.\nThe bot was already sending 1 of the cancelled messages, which may still arrive.",
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
  const again = await cancel(client, "b");
  assert.deepEqual(again.data, { batch: "b", cancelled: 3, underWay: 0, delivered: 1, failed: 1 });
});

test("a message is cancelled by its whole id; messages whose ids begin with it are not", async () => {
  for (const id of ["order", "order/1"]) await deliveries.announce(id, {});
  assert.equal((await cancel(client, "order")).text, "order is cancelled.");
  assert.deepEqual(statuses(), { order: "cancelled", "order/1": "waiting" });
  await deliveries.markDelivered("order/1", new Date());
  const { text, data } = await cancel(client, "order/1");
  assert.equal(text, "order/1 was already delivered.");
  assert.deepEqual(data, { id: "order/1", cancelled: 0, underWay: 0, delivered: 1, failed: 0 });
});

test("an unknown id is cancelled only with --unseen", async () => {
  await assert.rejects(cancel(client, "typo"), {
    name: "CommandError",
    message: /^No message with the id typo is known, so nothing was cancelled\. Add --unseen/,
  });
  assert.deepEqual(statuses(), {});
  assert.match(
    (await cancel(client, "schedule-x", { unseen: true })).text,
    /^schedule-x is cancelled\. If it is on the queue or arrives later, it is not sent/,
  );
  assert.deepEqual(statuses(), { "schedule-x": "cancelled" });
  await assert.rejects(cancel(client, " ü"), UsageError);
});
