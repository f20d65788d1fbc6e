import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { enqueueMessages, type OutgoingMessage, prepareMessages } from "../../../cli/outgoing-messages";
import { readSendRequest, type SendOptions } from "../../../cli/send-request";
import type { StackClient } from "../../../cli/stack-client";
import { toJson } from "../../../core/message/json-text";
import { DeliverySettledError } from "../../../core/tables/deliveries";
import type { StoredReference } from "../../../core/tables/stored-reference";

function seen(userId: string, conversationId: string, minute: number, fields: object = {}): StoredReference {
  const { channelId, ...conversation } = { channelId: "msteams", ...fields };
  const serviceUrl = "https://example.com/";
  const reference = toJson({
    channelId,
    serviceUrl,
    user: { id: userId },
    conversation: { id: conversationId, ...conversation },
  });
  return { channelId, conversationId, userId, serviceUrl, reference, seenAt: new Date(2026, 10, 22, 21, minute) };
}

const referenceTo = (id: string) => ({
  channelId: "directline" as const,
  serviceUrl: "https://x.example/",
  conversation: { id },
});

/** @param known the users, the most recent first */
function prepare(known: StoredReference[], options: SendOptions, stack: object = {}) {
  const client = { listUsers: async () => known, stack } as unknown as StackClient;
  return prepareMessages(client, readSendRequest(options, []));
}

async function messagesFor(...of: Parameters<typeof prepare>) {
  return (await prepare(...of)).messages;
}

const ada = [seen("ada", "team", 3, { isGroup: true }), seen("ada", "new", 2), seen("ada", "old", 1)];

test("a message from a file keeps its text, except for its id and its time", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "outgoing-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "message.json");
  const before =
    '{ "RelatesTo": {"channelId":"directline","serviceUrl":"https://x.example/","conversation":{"id":"c"}},';
  writeFileSync(file, `${before}\n "text": "hi", "order": 12345678901234567890, "id": "old", "NotBefore": null }\n`);
  const client = { stack: {} } as StackClient;
  const request = readSendRequest({ id: "new", at: "2030-01-01T07:00Z" }, [file]);
  const { json, messages } = await prepareMessages(client, request);
  assert.equal(
    json,
    `${before.replaceAll(" ", "")}"text":"hi","order":12345678901234567890,"notBefore":"2030-01-01T07:00:00.000Z","id":"new"}`,
  );
  assert.equal(messages[0]?.id, "new");
  assert.match(
    (await prepareMessages(client, readSendRequest({}, [file]))).json ?? "",
    /"order":12345678901234567890,"NotBefore":null,"id":"old"/,
  );
});

test("a user is reached in their most recent private conversation", async () => {
  const [message] = await messagesFor(ada, { to: "ada", text: "hi", id: "1", at: "+1h" });
  assert.deepEqual([message?.relatesTo?.conversation.id, message?.text, message?.id], ["new", "hi", "1"]);
  assert.ok(Date.parse(message?.notBefore ?? "") > Date.now());
  await assert.rejects(
    messagesFor(ada.slice(0, 1), { to: "ada", text: "hi" }),
    /^CommandError: The bot knows "ada" only in groups, .* Choose a group with --conversation ID\.$/,
  );
  await assert.rejects(
    messagesFor(ada, { to: "bob", text: "hi" }),
    /does not know a user "bob"\. "users" lists the known ones\. .* --tenant ID/,
  );
});

test("an unknown conversation is reached where the stack knows its address", async () => {
  const [known] = await messagesFor(ada, { conversation: "old", dialog: true }, { referenceTo });
  assert.deepEqual([known?.relatesTo?.channelId, known?.dialog, known?.text], ["msteams", "", ""]);
  const [unknown] = await messagesFor(ada, { conversation: "fresh", text: "hi" }, { referenceTo });
  assert.deepEqual(unknown?.relatesTo, referenceTo("fresh"));
  await assert.rejects(
    messagesFor(ada, { conversation: "", text: "hi" }, { referenceTo }),
    /does not know a conversation ""\./,
  );
  await assert.rejects(
    messagesFor(ada, { conversation: "fresh", text: "hi" }),
    /does not know a conversation "fresh"\. "users" lists/,
  );
});

test("a broadcast has one message for each person, with the same id every time", async () => {
  const web = ["a", "b"].map((id) => seen("user", id, 4, { channelId: "webchat" }));
  const all = () => messagesFor([...web, ...ada], { all: true, dialog: "newSurvey", id: "batch" });
  const first = await all();
  assert.deepEqual(first.map(({ relatesTo }) => relatesTo?.conversation.id).sort(), ["a", "b", "new"]);
  assert.equal(new Set(first.map(({ id }) => id)).size, 3);
  assert.ok(first.every(({ id, dialog }) => /^batch\/[0-9a-f]{24}$/.test(id) && dialog === "newSurvey"));
  assert.deepEqual(await all(), first);
  await assert.rejects(messagesFor(ada.slice(0, 1), { all: true, text: "hi" }), /cannot reach any user yet/);
});

test("a broadcast leaves out users who opted out, and counts them", async () => {
  const optedOutAt = new Date();
  const [team, newest, old] = ada as [StoredReference, StoredReference, StoredReference];
  const bob = seen("bob", "b", 1);
  const { messages, optedOut } = await prepare([team, newest, { ...old, optedOutAt }, bob], {
    all: true,
    text: "hi",
  });
  assert.deepEqual([messages.map(({ relatesTo }) => relatesTo?.conversation.id), optedOut], [["b"], 1]);
  const nobody = prepare([{ ...bob, optedOutAt }], { all: true, text: "hi" });
  await assert.rejects(nobody, {
    name: "CommandError",
    message: "The bot cannot reach any user: all users that it could reach have opted out.",
  });
});

test("a user who has opted out is reached only with --even-opted-out", async () => {
  const out = ada.map((row) => ({ ...row, optedOutAt: new Date() }));
  for (const whom of [{ to: "ada" }, { conversation: "old" }]) {
    await assert.rejects(
      messagesFor(out, { ...whom, text: "hi" }),
      /^CommandError: The user ada has opted out with "stop"\. Add --even-opted-out/,
    );
    assert.equal((await messagesFor(out, { ...whom, text: "hi", evenOptedOut: true })).length, 1);
  }
  assert.equal((await messagesFor(out, { conversation: "team", text: "hi" })).length, 1, "a group has not opted out");
});

test("a message that is too large for the queue is refused before any is sent", async () => {
  const text = "x".repeat(49_100);
  await assert.rejects(
    messagesFor(ada, { all: true, text }),
    /for the conversation new is too large: \d+ bytes, at most 49152/,
  );
});

const all = Array.from({ length: 100 }, (_, n) => ({ id: String(n) }) as OutgoingMessage);
const never = new AbortController().signal;

test("sixteen messages are put on the queue at a time, and a failure does not stop the others", async () => {
  let [now, most] = [0, 0];
  const put = async ({ id }: { id?: string | null }) => {
    most = Math.max(most, ++now);
    await sleep(1);
    now--;
    if (Number(id) % 10 === 0) throw new Error(`no ${id}`);
  };
  const shown: number[] = [];
  const result = await enqueueMessages({ put }, all, undefined, never, ({ sent }) => shown.push(sent.length));
  assert.equal(most, 16);
  assert.deepEqual([result.sent.length, result.failed.length, result.left.length], [90, 10, 0]);
  assert.deepEqual(
    result.failed.map(({ message, reason }) => reason === `No ${message.id}`),
    Array(10).fill(true),
  );
  assert.deepEqual([shown.length, shown.at(-1)], [100, 90]);
});

test("an interruption lets the messages under way finish", async () => {
  const interruption = new AbortController();
  const put = () => sleep(1);
  const result = await enqueueMessages({ put }, all, undefined, interruption.signal, ({ sent }) => {
    if (sent.length === 20) interruption.abort();
  });
  assert.ok(result.sent.length >= 20 && result.sent.length < 40, String(result.sent.length));
  assert.equal(result.sent.length + result.left.length, all.length);
  assert.equal(all.length, 100, "the list is the caller's");
});

test("a message that was cancelled in the meantime is not a failure", async () => {
  const put = async ({ id }: { id: string }) => {
    if (Number(id) >= 90) throw new DeliverySettledError("cancelled");
  };
  const { sent, failed, cancelled } = await enqueueMessages({ put }, all, undefined, never);
  assert.deepEqual([sent.length, failed.length, cancelled.length], [90, 0, 10]);
});
