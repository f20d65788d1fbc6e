import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { PoisonMessage, PoisonQueue } from "../../../core/queue/poison-queue";
import { poisonWatch } from "../../../function/timers/poison-watch";
import { TestDeliveries } from "../helpers/deliveries";
import { TestInvocation, timer } from "../helpers/invocation";

const since = new Date("2026-11-23T09:00:00Z");
const relatesTo = { conversation: { id: "c" }, channelId: "directline" as const, serviceUrl: "https://example.com/" };

let deliveries: TestDeliveries;
let lying: PoisonMessage[];
let approximately: number;

beforeEach(() => {
  [deliveries, lying, approximately] = [new TestDeliveries(), [], 0];
});

/** Something lies there. @param id its own; absent: it has none */
function lies(id?: string): void {
  const queueId = `queue id ${lying.length + 1}`;
  lying.push({ queueId, since, text: "ulterior", message: { relatesTo, text: "ulterior", id } });
}

/** What the watch logs. */
async function watch(): Promise<string[]> {
  const queue = { name: "bot-queue-poison", peek: async () => lying, count: async () => approximately };
  const invocation = new TestInvocation();
  await poisonWatch(queue as PoisonQueue, deliveries)(timer(), invocation.context);
  return invocation.lines;
}

test("an empty poison queue is not logged", async () => {
  assert.deepEqual(await watch(), []);
});

test("a message that the host has given up is recorded as failed once, and logged while it is there", async () => {
  lies("1");
  const alarm = 'error Poison queue: 1 message waits in bot-queue-poison. List them with "npm run cli -- poison list".';
  assert.deepEqual(await watch(), [alarm, "warn Message 1 was recorded as failed: it is in the poison queue"]);
  const [row] = deliveries.rows;
  assert.equal(row?.status, "failed");
  assert.match(row?.reason ?? "", /the function's host stopped 5 times while it had the message/);
  assert.deepEqual(await watch(), [alarm]);
  assert.deepEqual(deliveries.rows, [row]);
});

test("the logged number is the queue's, or the number of messages that were read", async () => {
  lies("1");
  lies("2");
  assert.match((await watch())[0] ?? "", /^error Poison queue: 2 messages wait in bot-queue-poison\. /);
  approximately = 1_000;
  assert.match((await watch())[0] ?? "", /^error Poison queue: 1000 messages wait /);
});

test("a final status stays", async () => {
  await deliveries.markDelivered("said", since);
  await deliveries.markFailed("gone", "the conversation is gone");
  lies("said");
  lies("gone");
  assert.equal((await watch()).length, 1);
  assert.deepEqual(
    deliveries.rows.map(({ id, status, reason }) => [id, status, reason]),
    [
      ["said", "delivered", ""],
      ["gone", "failed", "the conversation is gone"],
    ],
  );
});

test("a message that was claimed or waited fails, and one that has just been put back does not", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: since.getTime() - 60_000 });
  await deliveries.claim("claimed");
  await deliveries.markWaiting("deferred", "Direct Line answered 503");
  t.mock.timers.setTime(since.getTime() + 60_000);
  await deliveries.markFailed("put back", "the host died");
  await deliveries.reopen("put back", "somebody put it back");
  for (const id of ["claimed", "deferred", "put back"]) lies(id);
  await watch();
  assert.deepEqual(
    deliveries.rows.map(({ id, status }) => [id, status]),
    [
      ["claimed", "failed"],
      ["deferred", "failed"],
      ["put back", "waiting"],
    ],
  );
});

test("a message without an id, or one that is not valid, is recorded under the poison queue's id with a reason", async () => {
  lies();
  lying.push({ queueId: "queue id 2", since, text: "not json", problem: "(message) is not JSON" });
  await watch();
  assert.deepEqual(
    deliveries.rows.map(({ id, status }) => [id, status]),
    [
      ["queue id 1", "failed"],
      ["queue id 2", "failed"],
    ],
  );
  assert.match(deliveries.rows[0]?.reason ?? "", /^The message is in the poison queue and has no id/);
  assert.equal(deliveries.rows[1]?.reason, "The message is not valid: (message) is not JSON");
});
