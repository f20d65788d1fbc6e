import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, mock, test } from "node:test";
import type { Activity } from "botbuilder";
import { replies } from "../../../bot/replies";
import { OptOuts } from "../../../bot/state/opt-outs";
import { References } from "../../../bot/state/references";
import type { ConversationReference } from "../../../core/message/conversation-reference";
import { referencesTable } from "../../../core/names";
import { referenceIn, type StoredReference, withoutCopies } from "../../../core/tables/stored-reference";
import type { Table } from "../../../core/tables/table";
import { StateTable } from "../helpers/state-table";

mock.method(console, "log", () => undefined);

let tables: StateTable;
let table: Table;
let references: References;
let optOuts: OptOuts;
before(async () => {
  tables = await StateTable.open();
});
after(() => tables?.close());
beforeEach(() => {
  table = tables.table(referencesTable);
  [references, optOuts] = [new References(table), new OptOuts(table)];
});
afterEach(async () => {
  tables.interfere = (_request, _response, pass) => pass();
  await table.removeUnchanged(await table.all());
});

function says(text: string | undefined, user = "anna", conversation = "c", channelId = "msteams"): Activity {
  return {
    type: "message",
    id: "7",
    channelId,
    serviceUrl: "https://smba.trafficmanager.net/emea/",
    conversation: { id: conversation },
    from: { id: user },
    recipient: { id: "bot" },
    text,
  } as unknown as Activity;
}

async function hear(...of: Parameters<typeof says>): Promise<string | undefined> {
  await references.follow(says(...of));
  return optOuts.answer(says(...of), of[0] ?? "");
}

/** Who has opted out, where. */
async function out(): Promise<string[]> {
  const rows = (await table.all<StoredReference>(withoutCopies)).filter(({ optedOutAt }) => optedOutAt);
  return rows.map(({ userId, conversationId }) => `${userId} in ${conversationId}`).sort();
}

test("who says stop is out wherever the bot knows them, until they say start", async () => {
  await hear("hello", "anna", "team");
  await hear("hello", "anna", "elsewhere");
  await hear("hello", "o'neil", "c");
  await hear("hello", "anna", "c", "slack");
  assert.equal(await hear(" Stop\n"), replies.optedOut);
  assert.deepEqual(await out(), ["anna in c", "anna in elsewhere", "anna in team"]);
  await hear("hello");
  assert.deepEqual(await out(), ["anna in c", "anna in elsewhere", "anna in team"], "a later turn changes nothing");
  assert.equal(await hear("STOP"), replies.optedOut);
  assert.equal(await hear("start"), replies.optedIn);
  assert.deepEqual(await out(), []);
  assert.equal((await table.all(withoutCopies)).length, 5, "nobody was forgotten");
  assert.equal(await hear("stop", "o'neil"), replies.optedOut);
  assert.deepEqual(await out(), ["o'neil in c"]);
});

test("a start that its channel delivers again gets the same answer, and a later one is a word like any other", async () => {
  await hear("stop");
  const first = await hear("start");
  assert.equal(first, replies.optedIn);
  assert.equal(await hear("start"), first);
  assert.equal(await optOuts.answer({ ...says("start"), id: "8" } as Activity, "start"), undefined);
  assert.deepEqual(await out(), []);
});

test("only the word by itself counts, and start only for a user who has opted out", async () => {
  for (const text of ["stop it", "don't stop", "start", "", undefined, "cancel"])
    assert.equal(await hear(text), undefined);
  assert.deepEqual(await out(), []);
});

test("where users name themselves, it is the conversation that opts out", async () => {
  await hear("hello", "anna", "one", "webchat");
  await hear("hello", "anna", "two", "webchat");
  await hear("stop", "anna", "one", "webchat");
  assert.deepEqual(await out(), ["anna in one"]);
  await hear("start", "anna", "two", "webchat");
  assert.deepEqual(await out(), ["anna in one"]);
});

test("a user who says stop before anything else is out, and still known", async () => {
  await optOuts.answer(says("stop"), "stop");
  const [row] = await table.all<StoredReference>(withoutCopies);
  assert.equal(referenceIn(row as StoredReference).user?.id, "anna");
  const reference = (user?: object) => ({ ...referenceIn(row as StoredReference), user }) as ConversationReference;
  assert.deepEqual(
    await Promise.all([{ id: "anna" }, { id: "bert" }, undefined].map((user) => optOuts.has(reference(user)))),
    [true, false, false],
  );
});

test("a turn that changes the row at the same time loses nothing", async () => {
  await hear("stop");
  let replacements = 0;
  tables.interfere = (request, _response, pass) => {
    if (request.method !== "PUT" || ++replacements > 1) return pass();
    void references.follow(says("hello", "anna", "c")).then(pass, pass);
  };
  await optOuts.answer(says("start"), "start");
  assert.equal(replacements, 3, "the row, the row again, and its copy");
  assert.deepEqual(await out(), []);
  assert.equal((await table.all<StoredReference>(withoutCopies)).length, 1);
});

test("a wish that could not be written down is not said to be kept", async () => {
  tables.interfere = (_request, response) => response.writeHead(503).end();
  assert.equal(await optOuts.answer(says("stop"), "stop"), replies.choiceNotStored);
});
