import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { QueueMessage } from "../../../core/message/queue-message";
import { Batch, Outbox } from "../../../core/queue/outbox";
import { DeliverySettledError } from "../../../core/tables/deliveries";
import { TestDeliveries } from "../helpers/deliveries";

const relatesTo = { conversation: { id: "c" }, channelId: "msteams" as const, serviceUrl: "https://x.example/" };
const notBefore = "2099-01-01T00:00:00Z";

let queued: QueueMessage[];
let deliveries: TestDeliveries;
let enqueue: (message: QueueMessage, showAt?: Date, json?: string) => Promise<void>;
let outbox: Outbox;
beforeEach(() => {
  queued = [];
  deliveries = new TestDeliveries();
  enqueue = async (message) => void queued.push(message);
  outbox = new Outbox({ enqueue: (...of) => enqueue(...of) }, deliveries);
});

function row(id: string) {
  const { status, reason, conversation } = deliveries.rows.find((one) => one.id === id) ?? {};
  return { status, reason, conversation };
}

test("a message with a given JSON text is queued with this text", async () => {
  const texts: unknown[] = [];
  enqueue = async (_message, _showAt, json) => void texts.push(json);
  const json = '{"order":12345678901234567890}';
  await outbox.put({ relatesTo, text: "hi", id: "1" }, undefined, json);
  assert.deepEqual(texts, [json]);
});

test("a message has its row before it is on the queue", async () => {
  enqueue = async (message) => {
    assert.equal(row("b/1").status, "waiting");
    queued.push(message);
  };
  const message = { relatesTo, text: "ulterior", notBefore, id: "b/1" };
  await outbox.put(message, new Batch("b", 40));
  assert.deepEqual(queued, [message]);
  const reason = "The message is not due before 2099-01-01T00:00:00.000Z.";
  assert.deepEqual(row("b/1"), { status: "waiting", reason, conversation: "c" });
  assert.doesNotMatch(JSON.stringify(deliveries.rows), /ulterior/);
});

test("the row of a message that could not be queued has the reason, and the next try may succeed", async () => {
  enqueue = () => Promise.reject(new Error("no queue"));
  await assert.rejects(outbox.put({ relatesTo, text: "x", id: "1" }), { message: "no queue" });
  assert.deepEqual(row("1"), {
    status: "waiting",
    reason: "The message could not be put on the queue: no queue",
    conversation: "c",
  });
  enqueue = async (message) => void queued.push(message);
  await outbox.put({ relatesTo, text: "x", id: "1" });
  assert.equal(queued.length, 1);
  await deliveries.claim("1");
});

test("no further message of a cancelled batch is queued, and each row is cancelled", async () => {
  await deliveries.cancel("b", "an operator cancelled it");
  await assert.rejects(outbox.put({ relatesTo, text: "x", id: "b/1" }, new Batch("b", 40)), DeliverySettledError);
  assert.deepEqual(queued, []);
  assert.deepEqual([row("b/1").status, row("b/1").reason], ["cancelled", "The batch of the message was cancelled."]);
});

test("a message is not queued without its row, because it could not be cancelled", async () => {
  deliveries.memory.failure = new Error("table deliveries: gone");
  await assert.rejects(outbox.put({ relatesTo, text: "x", id: "1" }), deliveries.memory.failure);
  assert.deepEqual(queued, []);
});

test("the messages of a batch appear one after another, at a distance that leaves turns for others", async () => {
  const times: number[] = [];
  enqueue = async (_message, showAt) => void times.push(Number(showAt));
  const begin = new Date("2099-01-01T00:00:00Z");
  const batch = new Batch("b", 40, begin);
  for (let n = 0; n < 400; n++) await outbox.put({ relatesTo, text: "x", id: `b/${n}` }, batch);
  assert.equal(times[0], begin.getTime());
  const inSecond = (second: number) =>
    times.filter((time) => Math.floor((time - begin.getTime()) / 1000) === second).length;
  for (let second = 0; second < 10; second++)
    assert.ok(inSecond(second) >= 36 && inSecond(second) <= 37, String(second));
});
