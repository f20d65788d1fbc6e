import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { World } from "./bot-service-world";

const tenantId = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const anna = { id: "29:anna", aadObjectId: "00000000-1111-4222-8333-444444444444", tenantId, hasApp: true };
const bert = { id: "29:bert", aadObjectId: "00000000-1111-4222-8333-555555555555", tenantId, hasApp: false };

interface Answer {
  id?: string;
  error?: { code: string; message: string };
}

let world: World;
let token: string;
before(async () => {
  world = await World.start();
  token = await world.connectorToken();
  world.service.setTeams(world.botName, true);
  world.service.teams.add(anna);
  world.service.teams.add(bert);
});
after(() => world?.stop());

function post(path: string, body: unknown, credential = token) {
  return world.call<Answer>("POST", `/teams/v3/conversations${path}`, credential, body);
}

const parameters = (fields: object = {}) => ({ isGroup: false, members: [{ id: anna.id }], tenantId, ...fields });

test("a user has one conversation with a bot, however often and by whichever id it is opened", async () => {
  const ids = new Set<unknown>();
  for (const fields of [
    {},
    { members: [{ id: anna.aadObjectId }] },
    { members: [{ id: anna.aadObjectId.toUpperCase() }] },
    { bot: { id: `28:${world.appId}` } },
    { bot: { id: world.appId }, tenantId: undefined, channelData: { tenant: { id: tenantId } } },
    { isGroup: undefined },
  ]) {
    const { status, body } = await post("", parameters(fields));
    assert.equal(status, 201, JSON.stringify(body));
    ids.add(body.id);
  }
  assert.equal(ids.size, 1);
  assert.match(String([...ids][0]), /^a:/);
});

test("what the bot says there reaches the user, as from the bot on Teams", async () => {
  const { body } = await post("", parameters({ activity: { type: "message", text: "first" } }));
  assert.equal((await post(`/${body.id}/activities`, { type: "message", text: "second" })).status, 200);
  const heard = world.service.teams.conversationWith(world.botName, anna)?.since(0).activities ?? [];
  assert.deepEqual(
    heard.map(({ text, channelId }) => [text, channelId]),
    [
      ["first", "msteams"],
      ["second", "msteams"],
    ],
  );
  assert.equal(heard[1]?.from?.id, `28:${world.appId}`);
  const members = await world.call<object[]>("GET", `/teams/v3/conversations/${body.id}/members`, token);
  assert.deepEqual(members.body, [{ id: anna.id, aadObjectId: anna.aadObjectId, tenantId }]);
});

test("what Teams refuses is refused in its own words", async () => {
  const cases: [object, number, string, RegExp][] = [
    [
      parameters({ members: [{ id: bert.id }] }),
      403,
      "ForbiddenOperationException",
      /^Bot is not installed in user's personal/,
    ],
    [parameters({ members: [{ id: "29:nobody" }] }), 400, "BadSyntax", /^Invalid user identity in provided tenant$/],
    [parameters({ tenantId: "another" }), 400, "BadSyntax", /^Invalid user identity in provided tenant$/],
    [parameters({ tenantId: undefined }), 400, "BadArgument", /tenant/],
    [parameters({ isGroup: true }), 400, "BadSyntax", /^Incorrect conversation creation parameters$/],
    [parameters({ members: [] }), 400, "BadSyntax", /^Incorrect/],
    [parameters({ members: [{ id: anna.id }, { id: bert.id }] }), 400, "BadSyntax", /^Incorrect/],
    [parameters({ members: [{}] }), 400, "BadSyntax", /^Incorrect/],
    [parameters({ topicName: "x" }), 400, "BadSyntax", /^Incorrect/],
    [parameters({ bot: { id: "28:another" } }), 400, "BadSyntax", /^Incorrect/],
    [[], 400, "BadSyntax", /^Incorrect/],
    [
      parameters({ isGroup: true, channelData: { channel: { id: "19:c" } } }),
      501,
      "NotSupported",
      /thread in a Teams channel/,
    ],
  ];
  for (const [body, status, code, message] of cases) {
    const answer = await post("", body);
    assert.deepEqual([answer.status, answer.body.error?.code], [status, code], JSON.stringify(body));
    assert.match(answer.body.error?.message ?? "", message);
  }
  assert.equal((await post("", parameters(), "nonsense")).status, 401);
  assert.equal((await post("/a:unknown/activities", { type: "message" })).body.error?.code, "ConversationNotFound");
});

test("a bot without the Teams channel is not registered there, and Direct Line opens no conversation for a bot", async () => {
  world.service.setTeams(world.botName, false);
  const { status, body } = await post("", parameters());
  assert.deepEqual([status, body.error?.code], [401, "BotNotRegistered"]);
  world.service.setTeams(world.botName, true);
  assert.equal((await world.call("POST", "/v3/conversations", token, parameters())).status, 501);
});

test("its next answers can be any, with and without the activity having been taken", async () => {
  const { body } = await post("", parameters());
  const conversation = world.service.teams.conversationWith(world.botName, anna);
  const before = conversation?.watermark ?? 0;
  const say = (text: string) => post(`/${body.id}/activities`, { type: "message", text });
  world.service.answers.add({ status: 403, body: { error: { code: "BotDisabledByAdmin", message: "no" } } }, 2);
  for (let i = 0; i < 2; i++) assert.equal((await say("not taken")).body.error?.code, "BotDisabledByAdmin");
  world.service.answers.add({ status: 502, body: {}, headers: { "retry-after": "7" }, isDelivered: true });
  const taken = await say("taken");
  assert.deepEqual([taken.status, taken.headers.get("retry-after")], [502, "7"]);
  world.service.answers.add({ status: 0, isDelivered: true });
  await assert.rejects(say("taken, and hung up"), /fetch failed/);
  assert.equal((await say("said")).status, 200);
  assert.deepEqual(
    conversation?.since(before).activities.map(({ text }) => text),
    ["taken", "taken, and hung up", "said"],
  );
});
