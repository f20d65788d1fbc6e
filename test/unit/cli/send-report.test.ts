import assert from "node:assert/strict";
import { test } from "node:test";
import type { OutgoingMessage } from "../../../cli/outgoing-messages";
import { dryRunReport, sendReport } from "../../../cli/output/send-report";
import type { SendRequest } from "../../../cli/send-request";
import type { Stack } from "../../../cli/stack/stack";

const stack = { queueUrl: "https://queue.example/q", options: "--stack prod" } as Stack;
const request: SendRequest = {
  recipient: "all",
  id: "two words",
  text: "hi",
};

function message(user: string): OutgoingMessage {
  const relatesTo = {
    channelId: "msteams" as const,
    serviceUrl: "https://x.example/",
    conversation: { id: `c-${user}` },
    user: { id: user },
  };
  return { relatesTo, text: "hi", id: `two words/${user}` };
}

test("a batch is on the queue", () => {
  const { text, failed } = sendReport(stack, request, {
    sent: [message("ada"), message("bob")],
    failed: [],
    cancelled: [],
    left: [],
  });
  assert.equal(failed, false);
  assert.equal(
    text,
    "On the queue: 2 messages, one for each person\nQueue: https://queue.example/q\nStatus: npm run cli -- --stack prod status 'two words'",
  );
});

test("failed recipients are named, and an interrupted batch can be continued", () => {
  const result = {
    sent: [message("ada")],
    failed: [{ message: message("b\u001bob"), reason: "no" }],
    cancelled: [],
    left: [message("carl")],
  };
  const { text, data, failed } = sendReport(stack, request, result);
  assert.equal(failed, true);
  assert.match(
    text,
    /1 of 3 could not be put on the queue:\n {2}b\ufffdob in conversation c-b\ufffdob \(msteams\): no\nInterrupted: 1 of 3 are on the queue\./,
  );
  assert.match(text, /To continue, run the same command with --id 'two words'\. Nobody gets a message twice\.$/);
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

test("of many failed recipients the text names some, and the data has all", () => {
  const failed = Array.from({ length: 50 }, (_, n) => ({ message: message(`user-${n}`), reason: "no" }));
  const { text, data } = sendReport(stack, request, { sent: [], failed, cancelled: [], left: [] });
  assert.match(text, /user-19 .*: no\n {2}… and 30 more; --json lists all\.\n/);
  assert.equal((data as { notSent: object[] }).notSent.length, 50);
});

test("a message that failed, waits or was cancelled is no success", () => {
  const result = { sent: [message("ada")], failed: [], cancelled: [], left: [] };
  const none = { delivered: 0, failed: 0, cancelled: 0, waiting: 0, reasons: [] };
  assert.equal(sendReport(stack, request, result, { ...none, delivered: 1 }).failed, false);
  assert.equal(sendReport(stack, request, result, { ...none, waiting: 1 }).failed, true);
  assert.equal(sendReport(stack, request, result, { ...none, failed: 1 }).failed, true);
  assert.equal(sendReport(stack, request, result, { ...none, cancelled: 1 }).failed, true);
});

test("a dry run lists the recipients, and counts the users who opted out", () => {
  const { text, data, failed } = dryRunReport({ messages: [message("ada"), message("bob")], optedOut: 1 });
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
    dryRunReport({ messages: [message("ada")], optedOut: 0 }).text,
    /This would reach 1 person\. Nothing was sent\.$/,
  );
});

test("a batch that was cancelled while it was put on the queue cannot be continued", () => {
  const result = { sent: [message("ada")], failed: [], cancelled: [message("bob")], left: [] };
  const { text, data, failed } = sendReport(stack, request, result);
  assert.match(text, /\n1 of 2 were cancelled in the meantime\.$/);
  assert.deepEqual([(data as { cancelled: number }).cancelled, failed], [1, true]);
});
