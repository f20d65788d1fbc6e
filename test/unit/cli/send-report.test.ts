import assert from "node:assert/strict";
import { test } from "node:test";
import type { Letter } from "../../../cli/letters";
import type { SendPlan } from "../../../cli/send-plan";
import { dryRunReport, sendReport } from "../../../cli/send-report";
import type { Stack } from "../../../cli/stack/stack";

const stack = { queueUrl: "https://queue.example/q", options: "--stack prod" } as Stack;
const plan: SendPlan = {
  whom: "all",
  id: "two words",
  text: "hi",
  isAgreed: true,
  isDryRun: false,
  evenOptedOut: false,
};

function letter(user: string): Letter {
  const relatesTo = {
    channelId: "msteams" as const,
    serviceUrl: "https://x.example/",
    conversation: { id: `c-${user}` },
    user: { id: user },
  };
  return { relatesTo, text: "hi", id: `two words/${user}` };
}

test("all is on the queue", () => {
  const { text, failed } = sendReport(stack, plan, {
    sent: [letter("ada"), letter("bob")],
    failed: [],
    cancelled: [],
    left: [],
  });
  assert.equal(failed, false);
  assert.equal(
    text,
    "On the queue: https://queue.example/q\n2 messages, one for each person\nWhat becomes of it: npm run cli -- --stack prod status 'two words'",
  );
});

test("who was not reached is named, and what an interruption left can go on", () => {
  const posting = {
    sent: [letter("ada")],
    failed: [{ letter: letter("b\u001bob"), reason: "no" }],
    cancelled: [],
    left: [letter("carl")],
  };
  const { text, data, failed } = sendReport(stack, plan, posting);
  assert.equal(failed, true);
  assert.match(
    text,
    /1 of 3 could not be put on the queue:\n {2}b\ufffdob in conversation c-b\ufffdob \(msteams\): no\nInterrupted: 1 of 3 are on the queue\./,
  );
  assert.match(text, /The same command with --id 'two words' goes on: nobody hears it twice\.$/);
  const { sent, notSent, left } = data as { sent: object[]; notSent: object[]; left: number };
  assert.deepEqual([sent.length, left], [1, 1]);
  assert.deepEqual(notSent, [
    {
      id: "two words/b\u001bob",
      channelId: "msteams",
      conversationId: "c-b\u001bob",
      userId: "b\u001bob",
      reason: "no",
    },
  ]);
});

test("of many who could not be reached some are named, and programs get all", () => {
  const failed = Array.from({ length: 50 }, (_, n) => ({ letter: letter(`user-${n}`), reason: "no" }));
  const { text, data } = sendReport(stack, plan, { sent: [], failed, cancelled: [], left: [] });
  assert.match(text, /user-19 .*: no\n {2}… and 30 more; --json names them all\.\n/);
  assert.equal((data as { notSent: object[] }).notSent.length, 50);
});

test("what failed or still waits is no success", () => {
  const posting = { sent: [letter("ada")], failed: [], cancelled: [], left: [] };
  const none = { delivered: 0, failed: 0, cancelled: 0, waiting: 0, reasons: [] };
  assert.equal(sendReport(stack, plan, posting, { ...none, delivered: 1 }).failed, false);
  assert.equal(sendReport(stack, plan, posting, { ...none, waiting: 1 }).failed, true);
  assert.equal(sendReport(stack, plan, posting, { ...none, failed: 1 }).failed, true);
  assert.equal(sendReport(stack, plan, posting, { ...none, cancelled: 1 }).failed, true);
});

test("a dry run lists whom it would reach, and says how many have opted out", () => {
  const { text, data, failed } = dryRunReport({ letters: [letter("ada"), letter("bob")], optedOut: 1 });
  assert.equal(
    text,
    [
      "CHANNEL  USER  CONVERSATION",
      "msteams  ada   c-ada",
      "msteams  bob   c-bob",
      "",
      "This would reach 2 people. 1 more has opted out. Nothing was sent.",
    ].join("\n"),
  );
  const { wouldReach, optedOut } = data as { wouldReach: { userId: string }[]; optedOut: number };
  assert.deepEqual([wouldReach.map(({ userId }) => userId), optedOut, failed], [["ada", "bob"], 1, undefined]);
  assert.match(
    dryRunReport({ letters: [letter("ada")], optedOut: 0 }).text,
    /This would reach 1 person\. Nothing was sent\.$/,
  );
});

test("a batch that was cancelled while it was being queued does not go on", () => {
  const posting = { sent: [letter("ada")], failed: [], cancelled: [letter("bob")], left: [] };
  const { text, data, failed } = sendReport(stack, plan, posting);
  assert.match(text, /\n1 of 2 were cancelled meanwhile\.$/);
  assert.deepEqual([(data as { cancelled: number }).cancelled, failed], [1, true]);
});
