import assert from "node:assert/strict";
import { test } from "node:test";
import { summarize, summaryText, waitForDeliveries } from "../../../cli/delivery-summary";
import type { Delivery } from "../../../core/tables/deliveries";
import { TableUnreachableError } from "../../../core/tables/table";

const rows: Delivery[] = [
  { id: "1", status: "delivered", reason: "" },
  { id: "2", status: "failed", reason: "blocked" },
  { id: "3", status: "failed", reason: "gone" },
  { id: "4", status: "failed", reason: "gone" },
  { id: "5", status: "waiting", reason: "throttled" },
  { id: "6", status: "claimed" },
  { id: "7", dequeuedAt: new Date() },
  { id: "9", status: "waiting", reason: "" },
  { id: "10", status: "cancelled", reason: "an operator cancelled it" },
  { id: "another's", status: "delivered" },
];

test("reasons are grouped, the most frequent first; a message without a row waits", () => {
  const summary = summarize(["1", "2", "3", "4", "5", "8"], rows);
  assert.deepEqual(summary, {
    delivered: 1,
    failed: 3,
    cancelled: 0,
    waiting: 2,
    reasons: [
      { status: "failed", reason: "gone", count: 2 },
      { status: "failed", reason: "blocked", count: 1 },
      { status: "waiting", reason: "throttled", count: 1 },
      { status: "waiting", reason: "the function has not dequeued it yet", count: 1 },
    ],
  });
  assert.match(summaryText(summary), /^delivered 1, failed 3, waiting 2\n {2}2 failed: gone\n/);
});

test("a waiting message without a reason says where it is", () => {
  assert.deepEqual(summarize(["6", "7", "9"], rows).reasons, [
    { status: "waiting", reason: "the bot is sending it", count: 1 },
    { status: "waiting", reason: "it is on its way to the bot", count: 1 },
    { status: "waiting", reason: "the function has not dequeued it yet", count: 1 },
  ]);
});

test("a cancelled message does not wait", () => {
  const summary = summarize(["1", "10"], rows);
  assert.deepEqual([summary.delivered, summary.cancelled, summary.waiting], [1, 1, 0]);
  assert.equal(
    summaryText(summary),
    "delivered 1, failed 0, waiting 0, cancelled 1\n  1 cancelled: an operator cancelled it",
  );
});

test("the wait ends when all messages are settled", async () => {
  let looks = 0;
  const look = async () => rows.slice(0, ++looks);
  const summary = await waitForDeliveries(
    ["1", "2"],
    look,
    new Date(Date.now() + 60_000),
    new AbortController().signal,
  );
  assert.deepEqual([looks, summary.delivered, summary.failed], [2, 1, 1]);
});

test("an unreachable table does not end the wait; if it stays so, the last known counts say that they may be out of date", async () => {
  const soon = () => new Date(Date.now() + 1_200);
  const never = new AbortController().signal;
  let looks = 0;
  const once = async () => (++looks === 1 ? unreachable() : rows.slice(0, 1));
  const summary = await waitForDeliveries(["1"], once, soon(), never);
  assert.deepEqual([summary.delivered, summary.problem], [1, undefined]);
  const known = await waitForDeliveries(
    ["1", "2"],
    async () => (++looks === 3 ? rows.slice(0, 1) : unreachable()),
    soon(),
    never,
  );
  assert.deepEqual([known.delivered, known.waiting], [1, 1]);
  assert.match(
    summaryText(known),
    /\n {2}These counts may be out of date: The table deliveries cannot be used: ulterior$/,
  );
  await assert.rejects(
    waitForDeliveries(["1"], () => Promise.reject(new TypeError("a bug")), soon(), never),
    TypeError,
  );
});

function unreachable(): never {
  throw TableUnreachableError.because("deliveries", new Error("ulterior"));
}

test("control characters in a channel's reason are replaced", () => {
  const reasons = [{ status: "failed" as const, reason: "it said \u001b[2J", count: 1 }];
  assert.match(summaryText({ delivered: 0, failed: 1, cancelled: 0, waiting: 0, reasons }), /it said \ufffd\[2J$/);
});

test("the wait ends at its time, or by a signal", async () => {
  const none = async () => [];
  const late = await waitForDeliveries(["1"], none, new Date(Date.now() + 20), new AbortController().signal);
  assert.equal(late.waiting, 1);
  const interruption = new AbortController();
  const interrupted = waitForDeliveries(["1"], none, new Date(Date.now() + 60_000), interruption.signal, () =>
    interruption.abort(),
  );
  assert.equal((await interrupted).waiting, 1);
});
