import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { InvalidMessageError } from "../../../core/message/invalid-message";
import type { QueueMessage } from "../../../core/message/queue-message";
import type { MessageQueue } from "../../../core/queue/message-queue";
import { type Schedule, schedules } from "../../../core/schedule";
import type { StoredReference } from "../../../core/tables/stored-reference";
import { TableUnreachableError } from "../../../core/tables/table";
import { sendSchedule } from "../../../function/timers/schedules";
import { TestDeliveries } from "../helpers/deliveries";
import { TestInvocation, timer } from "../helpers/invocation";
import { MemoryTable } from "../helpers/memory-table";

type Entity = Parameters<MemoryTable["upsertEntity"]>[0];

const due = "2026-11-23T09:00:00+00:00";

let references: MemoryTable;
let queued: QueueMessage[];
let invocation: TestInvocation;
let deliveries: TestDeliveries;
/** What the queue does with a message. */
let enqueue: (message: QueueMessage) => Promise<void>;

beforeEach(() => {
  [references, queued, invocation] = [new MemoryTable(), [], new TestInvocation()];
  enqueue = async () => undefined;
  deliveries = new TestDeliveries();
});

/** The bot has heard of somebody. */
async function heard(userId: string, conversationId: string, seenAt = "2026-01-01", more: object = {}) {
  const channelId = "msteams";
  const serviceUrl = "https://smba.trafficmanager.net/teams/";
  const reference = { channelId, serviceUrl, user: { id: userId }, conversation: { id: conversationId, ...more } };
  const row = { channelId, conversationId, userId, serviceUrl, reference: JSON.stringify(reference) };
  const address = { partitionKey: userId, rowKey: conversationId, etag: "" };
  await references.createEntity({ ...address, ...row, seenAt: new Date(seenAt) });
}

async function run(entry: object, at = timer(due)): Promise<void> {
  const [schedule] = schedules.parse([{ cron: "0 0 9 * * *", ...entry }]);
  const queue = {
    enqueue: async (message: QueueMessage) => {
      await enqueue(message);
      queued.push(message);
    },
  };
  const parts = { queue: queue as MessageQueue, deliveries, references, sendsPerSecond: 40 };
  await sendSchedule(schedule as Schedule, parts)(at, invocation.context);
}

const conversations = () => queued.map(({ relatesTo }) => relatesTo?.conversation.id).sort();
const ids = () => queued.map(({ id }) => String(id));

test("each user gets one message, in the newest private conversation, and groups get none", async () => {
  await heard("anna", "old", "2026-01-01");
  await heard("anna", "new", "2026-01-02");
  await heard("bert", "b");
  await heard("bert", "crowd", "2026-01-03", { isGroup: true });
  await run({ text: "Good morning" });
  assert.deepEqual(conversations(), ["b", "new"]);
  assert.deepEqual([...new Set(queued.map(({ text }) => text))], ["Good morning"]);
  assert.ok(queued.every((message) => !("dialog" in message)));
});

test("users that have opted out are left out, also from a list, and their number is logged", async () => {
  await heard("anna", "a");
  await heard("bert", "b");
  const [, bert] = await references.all<StoredReference>();
  await references.upsertEntity({ ...bert, optedOutAt: new Date() } as unknown as Entity, "Merge");
  await run({ text: "Good morning" });
  await run({ text: "Good morning", to: ["anna", "bert"] });
  assert.deepEqual(conversations(), ["a", "a"]);
  const said = invocation.lines.filter((line) => /opted out/.test(line));
  assert.deepEqual(said, Array(2).fill("info Schedule schedule1: 1 users are left out because they have opted out"));
});

test("each message has its row, and a run that is cancelled meanwhile ends without failing", async () => {
  for (let i = 0; i < 40; i++) await heard(`user ${i}`, `conversation ${i}`);
  const batch = "schedule-schedule1-2026-11-23T09:00:00.000Z";
  let calls = 0;
  enqueue = async () => {
    if (++calls === 10) await deliveries.cancel(batch, "an operator cancelled it");
  };
  await run({ text: "hello" });
  assert.ok(queued.length >= 10 && queued.length < 40, `${queued.length} were queued`);
  const rows = deliveries.rows.filter(({ id }) => id.startsWith(`${batch}/`));
  assert.equal(rows.length, 40);
  assert.equal(rows.filter(({ status }) => status === "waiting").length, queued.length);
  const last = `warn Schedule schedule1: ${40 - queued.length} messages were not queued because an operator cancelled them`;
  assert.equal(invocation.lines.at(-1), last);
});

test("messages are queued even when the table deliveries cannot be reached", async () => {
  await heard("anna", "a");
  deliveries.memory.failure = new TableUnreachableError("table deliveries: gone");
  await run({ text: "hello" });
  assert.deepEqual(conversations(), ["a"]);
});

test("the users of a list get the message, and the number of unknown users is logged without a failure", async () => {
  await heard("anna", "old", "2026-01-01");
  await heard("anna", "new", "2026-01-02");
  await heard("bert", "b");
  await heard("chris", "crowd", "2026-01-03", { isGroup: true });
  await run({ text: "Good morning", to: ["anna", "anna", "chris", "nobody"] });
  assert.deepEqual(conversations(), ["new"]);
  assert.deepEqual(invocation.lines, [
    "warn Schedule schedule1: the bot cannot reach 2 of the users in the list",
    "info Schedule schedule1: putting 1 messages schedule-schedule1-2026-11-23T09:00:00.000Z/… on the queue",
  ]);
});

test("a schedule starts the named dialog, or else the default dialog", async () => {
  await heard("anna", "a");
  await run({ dialog: "newSurvey" });
  await run({});
  assert.deepEqual(
    queued.map(({ text, dialog }) => [text, dialog]),
    [
      ["", "newSurvey"],
      ["", ""],
    ],
  );
});

test("a repeated run has the same ids, and another time has other ids", async () => {
  await heard("anna", "a");
  for (const at of [due, due, "2026-11-24T09:00:00+00:00"]) await run({ name: "morning" }, timer(at));
  const [first = "", again, next = ""] = ids();
  assert.match(first, /^schedule-morning-2026-11-23T09:00:00\.000Z\/\w+$/);
  assert.equal(again, first);
  assert.match(next, /^schedule-morning-2026-11-24T09:00:00\.000Z\/\w+$/);
});

test("the current second counts when the host gives no time", async (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: Date.parse("2026-11-23T09:00:05.123Z") });
  await heard("anna", "a");
  await run({}, timer());
  assert.match(ids()[0] ?? "", /^schedule-schedule1-2026-11-23T09:00:05\.000Z\//);
});

test("a message that fails stops no other, and is logged with its id and never with its text", async () => {
  for (let i = 0; i < 40; i++) await heard(`user ${i}`, `conversation ${i}`);
  enqueue = async ({ relatesTo }) => {
    if (relatesTo?.conversation.id.endsWith("7")) throw new InvalidMessageError("(message)", "is too large");
  };
  await assert.rejects(run({ text: "ulterior" }), {
    message: "4 of 40 messages of schedule schedule1 were not queued",
  });
  assert.equal(queued.length, 36);
  const errors = invocation.lines.filter((line) => line.startsWith("error "));
  assert.equal(errors.length, 4);
  for (const line of errors) {
    assert.match(line, /^error Message schedule-schedule1-\S+\/\w{24} was not queued: \(message\) is too large$/);
  }
  assert.doesNotMatch(invocation.lines.join(), /ulterior/);
});

test("sixteen messages are queued at the same time, and the log shows the progress", async () => {
  for (let i = 0; i < 1_100; i++) await heard(`user ${i}`, `conversation ${i}`);
  let [now, most] = [0, 0];
  enqueue = async () => {
    most = Math.max(most, ++now);
    await sleep(1);
    now--;
  };
  await run({ text: "hello" });
  assert.deepEqual([queued.length, new Set(ids()).size, most], [1_100, 1_100, 16]);
  assert.deepEqual(invocation.lines.slice(1), [
    "info Schedule schedule1: 500 of 1100",
    "info Schedule schedule1: 1000 of 1100",
  ]);
});

test("a run without recipients succeeds, and a run without the table references fails", async () => {
  await run({ text: "hello" });
  assert.deepEqual(queued, []);
  references.failure = new Error("table references: gone");
  await assert.rejects(run({ text: "hello" }), references.failure);
});
