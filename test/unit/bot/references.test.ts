import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import type { Activity } from "botbuilder";
import { References } from "../../../bot/state/references";
import { functionUser } from "../../../core/message/signed-event";
import { referencesTable } from "../../../core/names";
import { type StoredReference, withoutCopies } from "../../../core/tables/stored-reference";
import { TableUnreachableError } from "../../../core/tables/table";
import { MemoryTable } from "../helpers/memory-table";
import { StateTable } from "../helpers/state-table";

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
    problem: "",
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
});

test("an upgrade that removes the bot is an end, and one that adds it is none", async () => {
  await references.follow(activity());
  await references.follow(activity({ type: "installationUpdate", action: "add-upgrade" }));
  assert.deepEqual(known(), ["user in c"]);
  await references.follow(activity({ type: "installationUpdate", action: "remove-upgrade" }));
  assert.deepEqual(known(), []);
});

test("only a conversationUpdate removes members, and only what is a member's id", async () => {
  await references.follow(activity());
  const pretended = [
    { type: "message", membersRemoved: [{ id: "bot" }] },
    { type: "message", membersRemoved: [{ id: "user" }] },
    { type: "event", membersRemoved: [{ id: "bot" }] },
    { type: "conversationUpdate", membersRemoved: {} },
    { type: "conversationUpdate", membersRemoved: "bot" },
    { type: "conversationUpdate", membersRemoved: [null, "bot", 7, { id: 7 }, { id: null }, {}] },
    { type: "conversationUpdate", membersRemoved: [{ id: undefined }], recipient: undefined },
  ];
  for (const fields of pretended) {
    await references.follow(activity(fields));
    assert.deepEqual(known(), ["user in c"], JSON.stringify(fields));
  }
  assert.equal(log.mock.callCount(), 0);
});

const team = "19:t@thread.tacv2";
const photos = "19:photos@thread.tacv2";

/** What Teams sends from a team's channel. */
function inTeam(conversation: string, fields: object = {}, data: object = {}): Activity {
  const channelData = { team: { id: team, name: "A team" }, tenant: { id: "tenant" }, ...data };
  return activity({
    conversation: { id: conversation, isGroup: true, conversationType: "channel" },
    channelData,
    ...fields,
  });
}

/** Two users in the team's channels and threads; one of them also elsewhere. */
async function fillTeam(): Promise<void> {
  for (const user of ["user", "guest"]) {
    for (const id of [team, `${team};messageid=1`, `${photos};messageid=2`]) {
      await references.follow(inTeam(id, { from: { id: user } }));
    }
  }
  await references.follow(activity({ conversation: { id: "a:personal" } }));
  await references.follow(inTeam("19:other@thread.tacv2;messageid=1", {}, { team: { id: "19:other@thread.tacv2" } }));
  await references.follow(activity({ conversation: { id: `${team}x` } }));
  await references.follow(activity({ conversation: { id: `${team};messageid=1` }, channelId: "test" }));
}

const outside = ["user in 19:other@thread.tacv2;messageid=1", "user in 19:t@thread.tacv2x", "user in a:personal"];
const elsewhere = [...outside, "user in 19:t@thread.tacv2;messageid=1"].sort();

function update(conversation: string, eventType: string, fields: object = {}, data: object = {}): Activity {
  return inTeam(conversation, { type: "conversationUpdate", ...fields }, { eventType, ...data });
}

test("everything of a team goes when the bot leaves it, when it is uninstalled there and when the team is deleted", async () => {
  const ends = [
    update(team, "teamMemberRemoved", { membersRemoved: [{ id: "bot" }] }),
    inTeam(team, { type: "installationUpdate", action: "remove" }, { settings: { selectedChannel: { id: team } } }),
    inTeam(photos, { type: "installationUpdate", action: "remove-upgrade" }),
    update(team, "teamDeleted"),
    update(team, "teamHardDeleted"),
  ];
  for (const end of ends) {
    await fillTeam();
    const ended = await references.follow(end);
    assert.deepEqual(known(), elsewhere, JSON.stringify(end));
    assert.deepEqual(
      ended.map(({ channelId, conversation: { id } }) => `${id} on ${channelId}`).sort(),
      [team, `${team};messageid=1`, `${photos};messageid=2`].map((id) => `${id} on msteams`).sort(),
    );
  }
});

test("Azure's table service understands the filter for a team", async () => {
  const state = await StateTable.open();
  try {
    const real = state.table(referencesTable);
    references = new References(real);
    await fillTeam();
    const ended = await references.follow(update(team, "teamDeleted"));
    assert.equal(ended.length, 3);
    const left = (await real.all<StoredReference>(withoutCopies)).map(
      (row) => `${row.userId} in ${row.conversationId}`,
    );
    assert.deepEqual(left.sort(), elsewhere);
  } finally {
    await state.close();
  }
});

test("rows of an older version, which do not say their team, go with their thread", async () => {
  await fillTeam();
  table.forget("teamId");
  await references.follow(update(team, "teamMemberRemoved", { membersRemoved: [{ id: "bot" }] }));
  const left = [...elsewhere, `guest in ${photos};messageid=2`, `user in ${photos};messageid=2`];
  assert.deepEqual(known(), left.sort());
});

test("who leaves a team is forgotten in all of its threads, and who leaves a channel in that one", async () => {
  await fillTeam();
  await references.follow(
    update(photos, "channelMemberRemoved", { membersRemoved: [{ id: "guest" }] }, { channel: { id: photos } }),
  );
  const guest = () => known().filter((row) => row.startsWith("guest"));
  assert.deepEqual(guest(), [`guest in ${team}`, `guest in ${team};messageid=1`]);
  const before = known().length;
  assert.deepEqual(
    await references.follow(update(team, "teamMemberRemoved", { membersRemoved: [{ id: "guest" }] })),
    [],
  );
  assert.deepEqual(guest(), []);
  assert.equal(known().length, before - 2);
});

test("a channel that is deleted takes its threads along, and nothing else; a new name and an archive take nothing", async () => {
  await fillTeam();
  const from = { id: "owner" };
  const data = { channel: { id: photos, name: "Photos" } };
  const all = known();
  for (const eventType of ["channelRenamed", "channelRestored", "channelCreated"]) {
    await references.follow(update(team, eventType, {}, data));
  }
  for (const eventType of ["teamRenamed", "teamArchived", "teamUnarchived", "teamRestored"]) {
    await references.follow(update(team, eventType));
  }
  assert.deepEqual(known(), all);
  const ended = await references.follow(update(team, "channelDeleted", { from }, data));
  assert.deepEqual(
    ended.map(({ conversation }) => conversation.id),
    [photos, `${photos};messageid=2`],
  );
  assert.deepEqual(
    known(),
    all.filter((row) => !row.includes(photos)),
  );
});

test("what another channel calls a team is nobody's team", async () => {
  await fillTeam();
  const all = known();
  for (const channelData of [{ team: { id: team } }, "team", 7, null, { team: 7 }, { team: { id: 7 } }]) {
    const fields = { channelData, channelId: "directline", conversation: { id: "d" } };
    await references.follow(activity({ type: "conversationUpdate", ...fields, membersRemoved: [{ id: "bot" }] }));
    await references.follow(
      activity({
        type: "installationUpdate",
        ...fields,
        channelId: "msteams",
        conversation: { id: "e" },
        action: "add",
      }),
    );
  }
  assert.deepEqual(known(), [...all, "user in e"].sort());
  assert.equal(log.mock.callCount(), 0);
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
  table.failure = new TableUnreachableError("table references: gone");
  await references.follow(activity());
  await references.drop(activity());
  table.failure = undefined;
  await references.follow(activity({ conversation: undefined }));
  const lines = log.mock.calls.map((call) => String((call.arguments as unknown[])[0]));
  assert.equal(lines.length, 3);
  assert.match(lines[0] ?? "", /"level":"error","event":"reference not kept","reason":"TableUnreachableError: .*gone"/);
  assert.doesNotMatch(lines.join(), /ulterior/);
});

const objectId = "00000000-1111-4222-8333-444444444444";
const alone = { conversation: { id: "a:own" }, from: { id: "29:user", aadObjectId: objectId } };

test("a user is found by their id, and on Teams by their Entra object id, where the bot is alone with them", async () => {
  await references.follow(activity(alone));
  await references.follow(activity({ ...alone, conversation: { id: "19:group", isGroup: true } }));
  for (const userId of ["29:user", objectId, objectId.toUpperCase()]) {
    assert.equal((await references.ofUser({ channelId: "msteams", userId }))?.conversation.id, "a:own", userId);
    assert.equal(await references.ofUser({ channelId: "slack", userId }), undefined);
  }
  assert.equal(table.rows.find(({ conversationId }) => conversationId === "a:own")?.aadObjectId, objectId);
});

test("on other channels nobody is found by an Entra object id that they claim themselves", async () => {
  await references.follow(activity({ ...alone, channelId: "directline" }));
  assert.equal(await references.ofUser({ channelId: "directline", userId: objectId }), undefined);
  assert.equal((await references.ofUser({ channelId: "directline", userId: "29:user" }))?.conversation.id, "a:own");
});

test("a user is found no longer when the row is gone, whatever took it away", async () => {
  const ends: (() => Promise<unknown>)[] = [
    () => references.drop(activity(alone)),
    () => references.follow(activity({ ...alone, type: "installationUpdate", action: "remove" })),
  ];
  for (const end of ends) {
    await references.follow(activity(alone));
    assert.equal(table.copies.length, 2);
    await end();
    assert.deepEqual([table.rows, table.copies], [[], []]);
  }
});

test("in Azure's table service, too, a user is found by each id, and each row is listed once", async () => {
  const state = await StateTable.open();
  try {
    const real = state.table(referencesTable);
    references = new References(real);
    await references.follow(activity(alone));
    for (const userId of ["29:user", objectId]) {
      assert.equal((await references.ofUser({ channelId: "msteams", userId }))?.conversation.id, "a:own");
    }
    await references.noteProblem(activity(alone), "An administrator has disabled the bot.");
    const rows = await real.all<StoredReference>(withoutCopies);
    assert.deepEqual(
      rows.map(({ userId, problem, problemAt }) => [userId, problem, problemAt instanceof Date]),
      [["29:user", "An administrator has disabled the bot.", true]],
    );
    await references.drop(activity(alone));
    assert.deepEqual(await real.all(), []);
  } finally {
    await state.close();
  }
});
