import assert from "node:assert/strict";
import { test } from "node:test";
import { follow } from "../../../cli/following";
import { outcomeOf, outcomeText } from "../../../cli/outcome";
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

test("reasons are grouped, the most frequent first; what has no row yet waits", () => {
  const outcome = outcomeOf(["1", "2", "3", "4", "5", "8"], rows);
  assert.deepEqual(outcome, {
    delivered: 1,
    failed: 3,
    cancelled: 0,
    waiting: 2,
    reasons: [
      { status: "failed", reason: "gone", count: 2 },
      { status: "failed", reason: "blocked", count: 1 },
      { status: "waiting", reason: "throttled", count: 1 },
      { status: "waiting", reason: "it has not been taken from the queue yet", count: 1 },
    ],
  });
  assert.match(outcomeText(outcome), /^delivered 1, failed 3, waiting 2\n {2}2 failed: gone\n/);
});

test("what is being said waits, and says so", () => {
  assert.deepEqual(outcomeOf(["6", "7", "9"], rows).reasons, [
    { status: "waiting", reason: "it is being said", count: 1 },
    { status: "waiting", reason: "it is on its way to the bot", count: 1 },
    { status: "waiting", reason: "it has not been taken from the queue yet", count: 1 },
  ]);
});

test("what was cancelled waits no more", () => {
  const outcome = outcomeOf(["1", "10"], rows);
  assert.deepEqual([outcome.delivered, outcome.cancelled, outcome.waiting], [1, 1, 0]);
  assert.equal(
    outcomeText(outcome),
    "delivered 1, failed 0, waiting 0, cancelled 1\n  1 cancelled: an operator cancelled it",
  );
});

test("looking ends when everything is final", async () => {
  let looks = 0;
  const look = async () => rows.slice(0, ++looks);
  const outcome = await follow(["1", "2"], look, new Date(Date.now() + 60_000), new AbortController().signal);
  assert.deepEqual([looks, outcome.delivered, outcome.failed], [2, 1, 1]);
});

test("a table that is out of reach for a moment ends no waiting, and for longer is told beside what was known", async () => {
  const soon = () => new Date(Date.now() + 1_200);
  const never = new AbortController().signal;
  let looks = 0;
  const once = async () => (++looks === 1 ? unreachable() : rows.slice(0, 1));
  const outcome = await follow(["1"], once, soon(), never);
  assert.deepEqual([outcome.delivered, outcome.problem], [1, undefined]);
  const known = await follow(["1", "2"], async () => (++looks === 3 ? rows.slice(0, 1) : unreachable()), soon(), never);
  assert.deepEqual([known.delivered, known.waiting], [1, 1]);
  assert.match(outcomeText(known), /\n {2}this may be old: The table deliveries cannot be used: ulterior$/);
  await assert.rejects(
    follow(["1"], () => Promise.reject(new TypeError("a bug")), soon(), never),
    TypeError,
  );
});

function unreachable(): never {
  throw TableUnreachableError.because("deliveries", new Error("ulterior"));
}

test("a reason does nothing to a terminal but show: a channel wrote it", () => {
  const reasons = [{ status: "failed" as const, reason: "it said \u001b[2J", count: 1 }];
  assert.match(outcomeText({ delivered: 0, failed: 1, cancelled: 0, waiting: 0, reasons }), /it said \ufffd\[2J$/);
});

test("and when its time is over, or somebody wants it to end", async () => {
  const none = async () => [];
  const late = await follow(["1"], none, new Date(Date.now() + 20), new AbortController().signal);
  assert.equal(late.waiting, 1);
  const interruption = new AbortController();
  const interrupted = follow(["1"], none, new Date(Date.now() + 60_000), interruption.signal, () =>
    interruption.abort(),
  );
  assert.equal((await interrupted).waiting, 1);
});
