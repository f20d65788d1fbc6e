import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deliveriesTable } from "../../../core/names";
import {
  Deliveries,
  DeliveryBusyError,
  DeliverySettledError,
  isBeingSent,
  leaseTime,
} from "../../../core/tables/deliveries";
import { TableUnreachableError } from "../../../core/tables/table";
import { StateTable } from "../helpers/state-table";

let tables: StateTable;
let ids = 0;
before(async () => {
  tables = await StateTable.open();
});
after(() => tables?.close());
beforeEach(() => {
  tables.interfere = (_request, _response, pass) => pass();
});

/** Deliveries as one instance of an app has them. */
function instance(): Deliveries {
  return new Deliveries(tables.table(deliveriesTable));
}

function newId(): string {
  return `message ${++ids} of / \\ # ? %20`;
}

async function row(id: string) {
  const found = await instance().read(id);
  assert.ok(found);
  return found;
}

const inProgress = /is in progress/;

function isBusy(error: unknown, reason: RegExp): error is DeliveryBusyError {
  return error instanceof DeliveryBusyError && reason.test(error.message);
}

test("of many concurrent claims of one message exactly one succeeds, and the others get the time of the next try", async () => {
  for (let round = 0; round < 5; round++) {
    const id = newId();
    const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => instance().claim(id)));
    const refusals = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    assert.equal(refusals.length, 9);
    for (const refusal of refusals) {
      assert.ok(isBusy(refusal, inProgress), String(refusal));
      assert.ok(refusal.seconds > 50 && refusal.seconds <= 60);
    }
    assert.equal((await row(id)).tries, 1);
  }
});

test("exactly one new claim replaces a claim that has ended", async (t) => {
  const id = newId();
  await instance().claim(id);
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + leaseTime - 5_000 });
  await assert.rejects(instance().claim(id), (error) => isBusy(error, inProgress));
  t.mock.timers.setTime(Date.now() + 6_000);
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => instance().claim(id)));
  assert.equal(outcomes.filter(({ status }) => status === "fulfilled").length, 1);
  for (const outcome of outcomes) if (outcome.status === "rejected") assert.ok(isBusy(outcome.reason, inProgress));
  assert.equal((await row(id)).tries, 2);
});

test("a released message can be claimed at once, and its row has the reason", async () => {
  const id = newId();
  const claim = await instance().claim(id, "c");
  await instance().release(claim, "the channel is busy");
  const { status, reason, conversation } = await row(id);
  assert.deepEqual(
    { status, reason, conversation },
    { status: "waiting", reason: "the channel is busy", conversation: "c" },
  );
  const next = await instance().claim(id, "c");
  await instance().release(claim, "too late: it is another's");
  await assert.rejects(instance().claim(id), (error) => isBusy(error, inProgress));
  await instance().markDelivered(id, new Date());
  await instance().release(next, "too late: it is done");
  assert.equal((await row(id)).status, "delivered");
});

test("a delivered message stays delivered, whatever is recorded later", async () => {
  const id = newId();
  const claim = await instance().claim(id);
  const sentAt = new Date("2026-01-02T03:04:05.678Z");
  await instance().markDelivered(id, sentAt);
  await instance().markFailed(id, "no");
  await instance().markWaiting(id, "no");
  await instance().addTimestamps(id, { dequeueCount: 3 });
  await instance().release(claim, "no");
  const { status, sentAt: kept, reason, dequeueCount } = await row(id);
  assert.deepEqual(
    { status, kept, reason, dequeueCount },
    { status: "delivered", kept: sentAt, reason: "", dequeueCount: 3 },
  );
  await assert.rejects(
    instance().claim(id),
    (error) => error instanceof DeliverySettledError && error.status === "delivered",
  );
});

test("a failed message is not tried again; a delivery that succeeded all the same counts", async () => {
  const id = newId();
  await instance().markFailed(id, "x".repeat(100_000), { queuedAt: new Date(0) });
  const failed = await row(id);
  assert.equal(failed.status, "failed");
  assert.equal(failed.reason, "x".repeat(1_000));
  assert.deepEqual(failed.queuedAt, new Date(0));
  assert.ok(failed.failedAt);
  await instance().markWaiting(id, "no");
  await assert.rejects(
    instance().claim(id),
    (error) => error instanceof DeliverySettledError && error.status === "failed",
  );
  await instance().markDelivered(id, new Date());
  assert.equal((await row(id)).status, "delivered");
});

test("a failed message can be reopened for another try, and a delivered message cannot", async () => {
  const id = newId();
  await instance().claim(id);
  await instance().markFailed(id, "the conversation is gone");
  await instance().reopen(id, "anna puts it back");
  const { status, reason, deferredAt } = await row(id);
  assert.deepEqual([status, reason, deferredAt instanceof Date], ["waiting", "anna puts it back", true]);
  const { lease } = await instance().claim(id);
  await instance().reopen(id, "again");
  assert.deepEqual([(await row(id)).status, (await row(id)).lease], ["claimed", lease], "it is being said");
  await instance().markDelivered(id, new Date());
  await assert.rejects(instance().reopen(id, "again"), DeliverySettledError);
  const unknown = newId();
  await instance().reopen(unknown, "nobody has heard of it");
  assert.equal(await instance().read(unknown), undefined);
});

test("a message that the user may have got cannot be claimed before its time, unless it is reopened", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() });
  const id = newId();
  for (const unsure of [0, 1, 2]) {
    const claim = await instance().claim(id);
    assert.equal(claim.unsure, unsure);
    await instance().release(claim, "the channel failed", new Date(Date.now() + 15_000));
    await instance().release(claim, "the same claim twice", new Date());
    assert.deepEqual([(await row(id)).status, (await row(id)).unsure], ["waiting", unsure + 1]);
    await instance().markWaiting(id, "the bot did not answer in time");
    await assert.rejects(instance().claim(id), (error) => isBusy(error, /may have got/) && error.seconds === 15);
    t.mock.timers.tick(15_000);
  }
  const claim = await instance().claim(id);
  await instance().release(claim, "the channel failed", new Date(Date.now() + 15_000));
  await instance().markFailed(id, "it was tried for a day");
  await instance().reopen(id, "anna puts it back");
  assert.equal((await instance().claim(id)).unsure, 0);
});

test("an announced message has a row before it is on the queue, and can be claimed", async () => {
  const id = newId();
  const dueAt = new Date(Date.now() + 60_000);
  await instance().announce(id, { conversation: "c", dueAt });
  const { status, reason, conversation, queuedAt, dueAt: kept } = await row(id);
  assert.deepEqual([status, reason], ["waiting", `The message is not due before ${dueAt.toISOString()}.`]);
  assert.deepEqual([conversation, queuedAt instanceof Date, kept], ["c", true, dueAt]);
  await instance().markWaiting(id, "it is not due", { dequeueCount: 1 });
  await instance().claim(id, "c");
  assert.deepEqual([(await row(id)).status, (await row(id)).reason], ["claimed", ""]);
  await instance().announce(id, { conversation: "other" }); // the same command once more
  assert.deepEqual([(await row(id)).status, (await row(id)).conversation], ["claimed", "c"]);
  await instance().markDelivered(id, new Date());
  await instance().announce(id, {});
  assert.equal((await row(id)).status, "delivered");
});

test("a cancelled message cannot be claimed, deferred or reopened", async () => {
  const isCancelled = (error: unknown) => error instanceof DeliverySettledError && error.status === "cancelled";
  for (const before of ["nothing", "a row"]) {
    const id = newId();
    if (before === "a row") await instance().announce(id, {});
    assert.equal(
      (await instance().cancel(id, "anna does not want it"))?.status,
      before === "a row" ? "waiting" : undefined,
    );
    await assert.rejects(instance().claim(id), isCancelled);
    await assert.rejects(instance().announce(id, {}), isCancelled);
    await assert.rejects(instance().reopen(id, "again"), isCancelled);
    await instance().markWaiting(id, "no");
    await instance().addTimestamps(id, { dequeueCount: 1 });
    const { status, reason, cancelledAt } = await row(id);
    assert.deepEqual([status, reason, cancelledAt instanceof Date], ["cancelled", "anna does not want it", true]);
  }
});

test("a message that is cancelled during its delivery is not delivered again, and counts as delivered if it was", async () => {
  const id = newId();
  const claim = await instance().claim(id);
  assert.ok(isBeingSent(await instance().cancel(id, "no")));
  await instance().release(claim, "the channel is busy");
  assert.equal((await row(id)).status, "cancelled");
  await assert.rejects(instance().claim(id), DeliverySettledError);
  await instance().markDelivered(id, new Date());
  assert.equal((await row(id)).status, "delivered");
  assert.equal((await instance().cancel(id, "too late"))?.status, "delivered");
  assert.equal((await row(id)).status, "delivered");
});

test("a batch that is cancelled while it is being queued ends, and all its messages are cancelled", async () => {
  const batch = newId();
  const ids = Array.from({ length: 40 }, (_, n) => `${batch}/${n}`);
  const queued: string[] = [];
  const queue = async (id: string, n: number) => {
    await sleep(n * 5);
    await instance().announce(id, {}, batch);
    queued.push(id);
  };
  const queueing = Promise.allSettled(ids.map(queue));
  await sleep(80);
  await instance().cancel(batch, "no"); // as the tool does: first the batch, then each row that it finds
  const records = new Deliveries(tables.table(deliveriesTable));
  for (const { id } of await records.list(`${batch}/`)) await instance().cancel(id, "no");
  const refused = (await queueing).filter(({ status }) => status === "rejected");
  assert.equal(queued.length + refused.length, ids.length);
  for (const id of ids) {
    const known = await instance().read(id);
    if (queued.includes(id)) assert.equal(known?.status, "cancelled", id);
  }
  assert.ok(refused.length > 0, "some came after it");
});

test("a message that a clock ahead of time has released can be claimed at once", async (t) => {
  const id = newId();
  await instance().claim(id);
  await instance().markFailed(id, "the conversation is gone");
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 10 * 60_000 });
  await instance().reopen(id, "anna puts it back");
  t.mock.timers.reset();
  await instance().claim(id);
});

test("a message without a claim is waiting, and a claimed message is not", async () => {
  const id = newId();
  await instance().markWaiting(id, "it is not due", { dequeueCount: 1 });
  assert.deepEqual([(await row(id)).status, (await row(id)).reason], ["waiting", "it is not due"]);
  await instance().claim(id);
  await instance().markWaiting(id, "the bot did not answer in time", { dequeueCount: 2 });
  assert.deepEqual([(await row(id)).status, (await row(id)).dequeueCount], ["claimed", 2]);
  await assert.rejects(instance().claim(id), (error) => isBusy(error, inProgress));
});

test("the function's timestamps can come before and after a claim, and change nothing else", async () => {
  const id = newId();
  const hop = { queuedAt: new Date("2026-01-01"), dequeuedAt: new Date("2026-01-02"), dequeueCount: 1 };
  await instance().addTimestamps(id, hop);
  await instance().claim(id);
  await instance().addTimestamps(id, { ...hop, queuedAt: undefined, dequeueCount: 2 });
  const { queuedAt, dequeuedAt, dequeueCount, status, tries } = await row(id);
  assert.deepEqual({ queuedAt, dequeuedAt, dequeueCount }, { ...hop, dequeueCount: 2 });
  assert.deepEqual([status, tries], ["claimed", 1]);
});

test("a claim succeeds when only the answer to its first try was lost", async () => {
  for (const before of ["nothing", "a row"]) {
    const id = newId();
    if (before === "a row") await instance().markWaiting(id, "");
    let writes = 0;
    tables.interfere = (request, response, pass) => {
      if (request.method === "GET" || ++writes > 1) return pass();
      pass(); // it is written, but the answer is another one
      response.end = Object.assign(() => response.socket?.destroy(), {}) as unknown as typeof response.end;
    };
    const claim = await instance().claim(id);
    assert.equal((await row(id)).lease, claim.lease, before);
    assert.equal((await row(id)).tries, 1);
  }
});

test("a table that cannot be reached is an error, and nothing is claimed", async () => {
  const id = newId();
  tables.interfere = (_request, response) => response.writeHead(503).end();
  const work: (() => Promise<unknown>)[] = [
    () => instance().claim(id),
    () => instance().markDelivered(id, new Date()),
    () => instance().markFailed(id, ""),
    () => instance().markWaiting(id, ""),
    () => instance().addTimestamps(id, {}),
    () => instance().read(id),
    () => instance().checkAccess(),
  ];
  await Promise.all(work.map((one) => assert.rejects(one(), TableUnreachableError)));
  tables.interfere = (_request, _response, pass) => pass();
  assert.equal(await instance().read(id), undefined);
});

test("a row stores the beginning of a conversation's id that is long, whatever writes it", async () => {
  const long = "c".repeat(501);
  const [claimed, announced, found] = [newId(), newId(), newId()];
  await instance().claim(claimed, long);
  await instance().announce(announced, { conversation: long });
  await instance().addTimestamps(found, { conversation: long });
  for (const id of [claimed, announced, found]) assert.equal((await row(id)).conversation, "c".repeat(500));
});
