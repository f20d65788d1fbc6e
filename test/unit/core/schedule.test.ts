import assert from "node:assert/strict";
import { test } from "node:test";
import { audience, broadcastMessage, personKey, reachableUsers } from "../../../core/message/broadcast";
import { ncrontabProblem } from "../../../core/ncrontab";
import { type Schedule, schedules } from "../../../core/schedule";
import type { StoredReference } from "../../../core/tables/stored-reference";

/** A row of the table `references`. */
function row(channelId: string, userId: string, conversationId: string, day = 1, more: object = {}): StoredReference {
  const serviceUrl = "https://example.com/";
  const reference = JSON.stringify({ channelId, serviceUrl, conversation: { id: conversationId, ...more } });
  return { channelId, conversationId, userId, serviceUrl, reference, seenAt: new Date(2026, 0, day) };
}

function parsed(...entries: object[]): Schedule[] {
  return schedules.parse(entries.map((entry) => ({ cron: "0 0 9 * * *", ...entry })));
}

/** What is said to be wrong. */
function problem(...entries: object[]): string | undefined {
  const result = schedules.safeParse(entries.map((entry) => ({ cron: "0 0 9 * * *", ...entry })));
  return result.error?.issues[0]?.message;
}

test("a schedule without a name gets one by its place in the list, and without users it is for all", () => {
  assert.deepEqual(parsed({}, { name: "weekly", text: "hello", to: ["anna"] }), [
    { name: "schedule1", cron: "0 0 9 * * *", to: "all" },
    { name: "weekly", cron: "0 0 9 * * *", text: "hello", to: ["anna"] },
  ]);
});

test("the error for a wrong schedule is a sentence", () => {
  assert.match(problem({ text: "a", dialog: "b" }) ?? "", /text or dialog, not both/);
  assert.match(problem({ text: "" }) ?? "", /must not be empty/);
  assert.match(problem({ text: "x".repeat(5_001) }) ?? "", /must have at most 5000 characters/);
  assert.match(problem({ to: [] }) ?? "", /must have at least one user/);
  assert.match(problem({ to: "anna" }) ?? "", /"all" or a list of users' ids/);
  assert.match(problem({ name: "Every day" }) ?? "", /letters, digits and hyphens/);
  assert.match(problem({ name: "a" }, { name: "A" }) ?? "", /must not have the same name twice/);
  assert.match(problem({ whom: "all" }) ?? "", /whom/);
  assert.match(problem({ cron: "0 9 * * *" }) ?? "", /must have six fields/);
  assert.match(problem(...Array.from({ length: 21 }, () => ({}))) ?? "", /at most 20/);
});

test("the accepted NCRONTAB expressions are those that mean the same in Azure", () => {
  for (const good of [
    "* * * * * *",
    "*/5 * * * * *",
    "0 5/15 * * * *",
    "0,30 0-59/10 9-17 1,15 Jan-mar MON-fri",
    "59 59 23 31 12 6",
    "0 0 0 29 2 *",
    "0 0 0 31 2,4,5 *",
    "0 0 0 20/11 4,10-12/2 *",
    "0  0 9 * *  0",
    "0 0 9 * January,febr MONDAY-friday",
    "0 0 9 * J-D/2 s,Mo-fri/2",
  ]) {
    assert.equal(ncrontabProblem(good), undefined, good);
  }
  for (const [bad, field] of [
    ["60 * * * * *", /^its second must be/],
    ["0 */90 * * * *", /^its minute must be/],
    ["0 0/0 * * * *", /^its minute must be/],
    ["0 0 24 * * *", /^its hour must be/],
    ["0 0 9 0 * *", /^its day must be/],
    ["0 0 9 30 2 *", /^must name a day that one of its months has/],
    ["0 0 9 31 4,Jun-Jul/2 *", /^must name a day that one of its months has/],
    ["0 0 9 ? * *", /^its day must be/],
    ["0 0 9 L * *", /^its day must be/],
    ["0 0 9 * 13 *", /^its month must be/],
    ["0 0 9 * * 7", /^its day of the week must be/],
    ["0 0 9 * * 1#2", /^its day of the week must be/],
    ["0 0 9 * * 5-1", /^its day of the week must be/],
    ["0 0 9 * * Mondays", /^its day of the week must be/],
    ["0 0 9 * * Saturday-Monday", /^its day of the week must be/],
    ["0 0 9 * x *", /^its month must be/],
    ["0 0 Monday * * *", /^its hour must be/],
    ["0 0 9 * * -Monday", /^its day of the week must be/],
    ["0 0 9 * * 1,", /^its day of the week must be/],
    ["0 9 * * *", /^must have six fields/],
    ["00:05:00", /^must have six fields/],
    ["", /^must have six fields/],
  ] as const) {
    assert.match(ncrontabProblem(bad) ?? "", field, bad);
  }
});

test("a reachable user is a user of a channel, or a conversation where users name themselves, and never a group", () => {
  const rows = [
    row("msteams", "anna", "old", 1),
    row("msteams", "anna", "new", 2),
    row("msteams", "bert", "crowd", 3, { isGroup: true }),
    row("slack", "anna", "s"),
    row("directline", "anna", "d1"),
    row("directline", "anna", "d2"),
    row("webchat", "anna", "w"),
  ];
  const found = reachableUsers(rows).map(({ conversationId }) => conversationId);
  assert.deepEqual(found.sort(), ["d1", "d2", "new", "s", "w"]);
  assert.equal(new Set(reachableUsers(rows).map(personKey)).size, 5);
});

test("a broadcast to all leaves out users that have opted out, in all their conversations of that channel", () => {
  const rows = [
    { ...row("msteams", "anna", "old", 1), optedOutAt: new Date() },
    row("msteams", "anna", "new", 2),
    row("slack", "anna", "s"),
    { ...row("webchat", "anna", "w1"), optedOutAt: new Date() },
    row("webchat", "anna", "w2"),
  ];
  const { reached, optedOut } = audience(rows);
  assert.deepEqual([reached.map(({ conversationId }) => conversationId), optedOut], [["s", "w2"], 2]);
});

test("a broadcast is one message for each user, with an id for the user and the batch", () => {
  const anna = row("msteams", "anna", "a");
  const message = broadcastMessage({ batch: "morning", text: "hello" }, anna);
  assert.deepEqual(
    { ...message, id: "" },
    {
      relatesTo: JSON.parse(anna.reference),
      text: "hello",
      broadcast: true,
      id: "",
    },
  );
  assert.match(message.id ?? "", /^morning\/[0-9a-f]{24}$/);
  assert.equal(broadcastMessage({ batch: "morning" }, row("msteams", "anna", "elsewhere")).id, message.id);
  assert.notEqual(broadcastMessage({ batch: "morning" }, row("msteams", "bert", "a")).id, message.id);
  assert.notEqual(broadcastMessage({ batch: "evening" }, anna).id, message.id);
  const namesakes = ["d1", "d2"].map((conversation) => row("directline", "anna", conversation));
  const ids = [...namesakes, row("slack", "anna", "a")].map((one) => broadcastMessage({ batch: "morning" }, one).id);
  assert.equal(new Set([...ids, message.id]).size, 4, "who has the same name is not the same person");
});
