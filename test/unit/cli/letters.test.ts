import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import type { Desk } from "../../../cli/desk";
import { mailingOf } from "../../../cli/letters";
import { type SendOptions, sendPlan } from "../../../cli/send-plan";
import { toJson } from "../../../core/message/json-text";
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

const unheardOf = (id: string) => ({
  channelId: "directline" as const,
  serviceUrl: "https://x.example/",
  conversation: { id },
});

/** @param known as `Desk.users` tells them: the newest first */
function mailing(known: StoredReference[], options: SendOptions, stack: object = {}) {
  const desk = { users: async () => known, stack } as unknown as Desk;
  return mailingOf(desk, sendPlan(options, []));
}

async function letters(...of: Parameters<typeof mailing>) {
  return (await mailing(...of)).letters;
}

const ada = [seen("ada", "team", 3, { isGroup: true }), seen("ada", "new", 2), seen("ada", "old", 1)];

test("a message from a file goes on as it is written, but for its id and its time", async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "letters-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, "message.json");
  const before =
    '{ "RelatesTo": {"channelId":"directline","serviceUrl":"https://x.example/","conversation":{"id":"c"}},';
  writeFileSync(file, `${before}\n "text": "hi", "order": 12345678901234567890, "id": "old", "NotBefore": null }\n`);
  const desk = { stack: {} } as Desk;
  const { json, letters } = await mailingOf(desk, sendPlan({ id: "new", at: "2030-01-01T07:00Z" }, [file]));
  assert.equal(
    json,
    `${before.replaceAll(" ", "")}"text":"hi","order":12345678901234567890,"notBefore":"2030-01-01T07:00:00.000Z","id":"new"}`,
  );
  assert.equal(letters[0]?.id, "new");
  assert.match(
    (await mailingOf(desk, sendPlan({}, [file]))).json ?? "",
    /"order":12345678901234567890,"NotBefore":null,"id":"old"/,
  );
});

test("a user is reached alone, where they were heard of last", async () => {
  const [letter] = await letters(ada, { to: "ada", text: "hi", id: "1", at: "+1h" });
  assert.deepEqual([letter?.relatesTo?.conversation.id, letter?.text, letter?.id], ["new", "hi", "1"]);
  assert.ok(Date.parse(letter?.notBefore ?? "") > Date.now());
  await assert.rejects(letters(ada.slice(0, 1), { to: "ada", text: "hi" }), /only in groups/);
  await assert.rejects(letters(ada, { to: "bob", text: "hi" }), /not heard of a user "bob": "users" shows/);
});

test("a conversation that nobody knows can be tried where the stack can tell its address", async () => {
  const [known] = await letters(ada, { conversation: "old", dialog: true }, { unheardOf });
  assert.deepEqual([known?.relatesTo?.channelId, known?.dialog, known?.text], ["msteams", "", ""]);
  const [unknown] = await letters(ada, { conversation: "fresh", text: "hi" }, { unheardOf });
  assert.deepEqual(unknown?.relatesTo, unheardOf("fresh"));
  await assert.rejects(
    letters(ada, { conversation: "", text: "hi" }, { unheardOf }),
    /not heard of a conversation "":/,
  );
  await assert.rejects(
    letters(ada, { conversation: "fresh", text: "hi" }),
    /not heard of a conversation "fresh": "users"/,
  );
});

test("everyone gets one message, whose id is the same the next time", async () => {
  const web = ["a", "b"].map((id) => seen("user", id, 4, { channelId: "webchat" }));
  const all = () => letters([...web, ...ada], { all: true, dialog: "newSurvey", id: "batch" });
  const first = await all();
  assert.deepEqual(first.map(({ relatesTo }) => relatesTo?.conversation.id).sort(), ["a", "b", "new"]);
  assert.equal(new Set(first.map(({ id }) => id)).size, 3);
  assert.ok(first.every(({ id, dialog }) => /^batch\/[0-9a-f]{24}$/.test(id) && dialog === "newSurvey"));
  assert.deepEqual(await all(), first);
  await assert.rejects(letters(ada.slice(0, 1), { all: true, text: "hi" }), /Nobody can be reached yet/);
});

test("who has opted out is left out of what is meant for everyone, and the others are told how many that are", async () => {
  const optedOutAt = new Date();
  const [team, newest, old] = ada as [StoredReference, StoredReference, StoredReference];
  const bob = seen("bob", "b", 1);
  const { letters: all, optedOut } = await mailing([team, newest, { ...old, optedOutAt }, bob], {
    all: true,
    text: "hi",
  });
  assert.deepEqual([all.map(({ relatesTo }) => relatesTo?.conversation.id), optedOut], [["b"], 1]);
  const nobody = mailing([{ ...bob, optedOutAt }], { all: true, text: "hi" });
  await assert.rejects(nobody, {
    name: "Failure",
    message: "Nobody can be reached: everyone whom the bot could reach has opted out.",
  });
});

test("a user who has opted out is reached only where the operator says so", async () => {
  const out = ada.map((row) => ({ ...row, optedOutAt: new Date() }));
  for (const whom of [{ to: "ada" }, { conversation: "old" }]) {
    await assert.rejects(
      letters(out, { ...whom, text: "hi" }),
      /^Failure: The user ada has opted out, .* with --even-opted-out/,
    );
    assert.equal((await letters(out, { ...whom, text: "hi", evenOptedOut: true })).length, 1);
  }
  assert.equal((await letters(out, { conversation: "team", text: "hi" })).length, 1, "a group has not opted out");
});

test("a text that no queue takes is refused as a whole", async () => {
  const text = "x".repeat(49_100);
  await assert.rejects(
    letters(ada, { all: true, text }),
    /for the conversation new is too large: \d+ bytes, at most 49152/,
  );
});
