import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { DeliverySettled, Outbox, type QueueMessage } from "../../message";
import { TestDeliveries } from "./helpers/deliveries";

const relatesTo = { conversation: { id: "c" }, channelId: "msteams" as const, serviceUrl: "https://x.example/" };
const notBefore = "2099-01-01T00:00:00Z";

let queued: QueueMessage[];
let deliveries: TestDeliveries;
let enqueue: (message: QueueMessage) => Promise<void>;
let outbox: Outbox;
beforeEach(() => {
  queued = [];
  deliveries = new TestDeliveries();
  enqueue = async (message) => void queued.push(message);
  outbox = new Outbox({ enqueue: (message) => enqueue(message) }, deliveries);
});

function row(id: string) {
  const { status, reason, conversation } = deliveries.rows.find((one) => one.id === id) ?? {};
  return { status, reason, conversation };
}

test("a message has its row before it is on the queue", async () => {
  enqueue = async (message) => {
    assert.equal(row("b/1").status, "waiting");
    queued.push(message);
  };
  const message = { relatesTo, text: "ulterior", notBefore, id: "b/1" };
  await outbox.put(message, "b");
  assert.deepEqual(queued, [message]);
  const reason = "it is not due before 2099-01-01T00:00:00.000Z";
  assert.deepEqual(row("b/1"), { status: "waiting", reason, conversation: "c" });
  assert.doesNotMatch(JSON.stringify(deliveries.rows), /ulterior/);
});

test("the row of a message that could not be queued says so, and the next try may succeed", async () => {
  enqueue = () => Promise.reject(new Error("no queue"));
  await assert.rejects(outbox.put({ relatesTo, text: "x", id: "1" }), { message: "no queue" });
  assert.deepEqual(row("1"), {
    status: "waiting",
    reason: "it could not be put on the queue: no queue",
    conversation: "c",
  });
  enqueue = async (message) => void queued.push(message);
  await outbox.put({ relatesTo, text: "x", id: "1" });
  assert.equal(queued.length, 1);
  await deliveries.claim("1");
});

test("nothing of a cancelled batch is queued any more, and each row says so", async () => {
  await deliveries.cancel("b", "an operator cancelled it");
  await assert.rejects(outbox.put({ relatesTo, text: "x", id: "b/1" }, "b"), DeliverySettled);
  assert.deepEqual(queued, []);
  assert.deepEqual([row("b/1").status, row("b/1").reason], ["cancelled", "its batch was cancelled"]);
});

test("without its row nothing is queued: it could not be cancelled", async () => {
  deliveries.memory.failure = new Error("table deliveries: gone");
  await assert.rejects(outbox.put({ relatesTo, text: "x", id: "1" }), deliveries.memory.failure);
  assert.deepEqual(queued, []);
});
