import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import type { Activity } from "botbuilder";
import { References } from "../../bot/references";
import { functionUser, TableUnreachable } from "../../message";
import { MemoryTable } from "./helpers/memory-table";

const log = mock.method(console, "log", () => undefined);

let table: MemoryTable;
let references: References;
beforeEach(() => {
  table = new MemoryTable();
  references = new References(table);
  log.mock.resetCalls();
});

function activity(fields: object = {}): Activity {
  return {
    type: "message",
    id: "7",
    channelId: "msteams",
    serviceUrl: "https://smba.trafficmanager.net/emea/",
    conversation: { id: "c" },
    from: { id: "user", name: "User" },
    recipient: { id: "bot" },
    text: "ulterior",
    ...fields,
  } as unknown as Activity;
}

/** Who can be reached where. */
function known(): string[] {
  return table.rows.map(({ conversationId, userId }) => `${userId} in ${conversationId}`).sort();
}

test("where a user can be reached is what a proactive message needs, and nothing of what was said", async () => {
  await references.follow(activity());
  const [{ seenAt, reference, ...row } = {} as Record<string, unknown>] = table.rows;
  assert.deepEqual(row, {
    channelId: "msteams",
    conversationId: "c",
    userId: "user",
    serviceUrl: "https://smba.trafficmanager.net/emea/",
  });
  assert.deepEqual(JSON.parse(String(reference)), {
    activityId: "7",
    user: { id: "user", name: "User" },
    bot: { id: "bot" },
    conversation: { id: "c" },
    channelId: "msteams",
    serviceUrl: "https://smba.trafficmanager.net/emea/",
  });
  assert.ok(seenAt instanceof Date);
});

test("the newest counts, for each user, conversation and channel", async () => {
  await references.follow(activity());
  await references.follow(activity({ serviceUrl: "https://smba.trafficmanager.net/amer/" }));
  assert.equal(table.rows.length, 1);
  assert.equal(table.rows[0]?.serviceUrl, "https://smba.trafficmanager.net/amer/");
  await references.follow(activity({ from: { id: "other / user # ?" } }));
  await references.follow(activity({ conversation: { id: "other" } }));
  await references.follow(activity({ channelId: "webchat" }));
  assert.equal(table.rows.length, 4);
});

test("it is kept from messages, from who joins and from an installation, and from nothing else", async () => {
  const kept = [
    { type: "message" },
    { type: "conversationUpdate", membersAdded: [{ id: "user" }] },
    { type: "installationUpdate", action: "add" },
  ];
  for (const [index, fields] of kept.entries()) {
    await references.follow(activity({ ...fields, conversation: { id: `${index}` } }));
    assert.equal(table.rows.length, index + 1, fields.type);
  }
  for (const type of ["typing", "event", "invoke", "messageReaction", "endOfConversation", "trace"]) {
    await references.follow(activity({ type, conversation: { id: type } }));
  }
  assert.equal(table.rows.length, kept.length);
});

test("other columns of a row stay when the user is heard of again", async () => {
  await references.follow(activity());
  const [row] = await table.all();
  await table.upsertEntity({ ...(row as never as object), optedOutAt: new Date(5) } as never, "Merge");
  await references.follow(activity({ text: "again", serviceUrl: "https://smba.trafficmanager.net/amer/" }));
  assert.deepEqual(table.rows[0]?.optedOutAt, new Date(5));
  assert.equal(table.rows[0]?.serviceUrl, "https://smba.trafficmanager.net/amer/");
});

test("where users name themselves, somebody who has only opened the page is not kept", async () => {
  for (const channelId of ["directline", "webchat"]) {
    const joined = { channelId, type: "conversationUpdate", membersAdded: [{ id: "user" }] };
    await references.follow(activity(joined));
    assert.deepEqual(known(), [], channelId);
    await references.follow(activity({ channelId }));
    assert.deepEqual(known(), ["user in c"], channelId);
    await references.follow(activity({ channelId, type: "conversationUpdate", membersRemoved: [{ id: "user" }] }));
    assert.deepEqual(known(), [], channelId);
  }
});

test("neither the function's own user, nor a conversation without a user, nor the bot itself is somebody to reach", async () => {
  for (const id of [functionUser, "c", "bot", ""]) {
    await references.follow(activity({ type: "conversationUpdate", from: { id } }));
    await references.follow(activity({ from: { id } }));
  }
  await references.follow(activity({ from: undefined }));
  assert.deepEqual(table.rows, []);
  assert.equal(log.mock.callCount(), 0);
});

test("they are removed when the bot is uninstalled or removed, and when a user leaves, and nowhere else", async () => {
  const everybody = async () => {
    for (const conversation of ["c", "other"]) {
      for (const user of ["user", "guest"]) {
        await references.follow(activity({ from: { id: user }, conversation: { id: conversation } }));
      }
    }
  };
  const elsewhere = ["guest in other", "user in other"];
  const ends = [
    { type: "installationUpdate", action: "remove" },
    { type: "conversationUpdate", membersRemoved: [{ id: "bot" }] },
    { type: "conversationUpdate", membersRemoved: [{ id: "guest" }, { id: "bot" }] },
  ];
  for (const end of ends) {
    await everybody();
    await references.follow(activity(end));
    assert.deepEqual(known(), elsewhere, JSON.stringify(end));
  }
  await everybody();
  await references.follow(activity({ type: "conversationUpdate", membersRemoved: [{ id: "guest" }] }));
  assert.deepEqual(known(), [...elsewhere, "user in c"].sort());
  await references.follow(activity({ type: "conversationUpdate", membersRemoved: [{ id: "user" }] }));
  assert.deepEqual(known(), elsewhere);
  await references.follow(
    activity({ type: "installationUpdate", action: "remove-upgrade", conversation: { id: "other" } }),
  );
  assert.deepEqual(known(), elsewhere, "an upgrade is no end");
});

test("a conversation that is gone is dropped, but not a newer address of it", async () => {
  const { channelId, conversation, serviceUrl } = activity();
  await references.follow(activity());
  await references.follow(activity({ from: { id: "guest" } }));
  await references.drop({ channelId, conversation, serviceUrl: "https://smba.trafficmanager.net/old/" });
  assert.equal(table.rows.length, 2);
  await references.drop({ channelId, conversation, serviceUrl });
  assert.deepEqual(table.rows, []);
  await references.drop({ channelId, conversation, serviceUrl });
  assert.equal(log.mock.callCount(), 0);
});

test("a user who is heard of while the conversation is dropped stays", async (t) => {
  await references.follow(activity());
  const list = table.list.bind(table);
  t.mock.method(table, "list", async function* (query: object) {
    yield* list(query);
    await references.follow(activity({ id: "8" }));
  });
  await references.drop(activity());
  assert.deepEqual(known(), ["user in c"]);
  assert.equal(log.mock.callCount(), 0);
});

test("what goes wrong is logged, without what was said, and fails no turn", async () => {
  table.failure = new TableUnreachable("table references: gone");
  await references.follow(activity());
  await references.drop(activity());
  table.failure = undefined;
  await references.follow(activity({ conversation: undefined }));
  const lines = log.mock.calls.map((call) => String((call.arguments as unknown[])[0]));
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? "", /"level":"error","event":"reference not kept","reason":"TableUnreachable: .*gone"/);
  assert.doesNotMatch(lines.join(), /ulterior/);
});
