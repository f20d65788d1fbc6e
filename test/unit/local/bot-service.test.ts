import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Activity } from "botbuilder";
import { BotService } from "../../../local/bot-service/bot-service";
import { type Started, World } from "./bot-service-world";

const user = { id: "anna", name: "Anna" };
const say = (text: string, more: object = {}) => ({ type: "message", from: user, text, ...more });

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

interface Failure {
  error: { code: string; message: string };
}

describe("the local Bot Service with a real bot whose authentication is on", () => {
  let world: World;
  beforeEach(async () => {
    world = await World.start();
  });
  afterEach(() => world.stop());

  test("a message reaches the bot and its reply comes back", async () => {
    const started = await world.startConversation();
    const posted = await world.post(started, say("hello"));
    assert.equal(posted.status, 200);
    assert.equal(posted.body.id, `${started.conversationId}|0000001`);
    const { activities, watermark } = await world.activities(started);
    assert.equal(watermark, "2");
    const [mine, reply] = activities as [Activity, Activity];
    assert.equal(mine.id, posted.body.id);
    assert.deepEqual([mine.text, mine.from.id, mine.from.role], ["hello", "anna", "user"]);
    assert.deepEqual([reply.text, reply.from.id, reply.from.role], ["You said hello", "echo-bot", "bot"]);
    assert.equal(reply.replyToId, mine.id);
    assert.ok(!Number.isNaN(Date.parse(String(reply.timestamp))));
    assert.deepEqual((await world.activities(started, watermark)).activities, []);
  });

  test("the bot gets the stamps of the channel, and the client's own data untouched", async () => {
    const started = await world.startConversation();
    const own = { channelData: { a: 1 }, value: { Message: "2024-01-01T00:00:00Z" }, entities: [{ type: "t", x: 1 }] };
    const forged = { serviceUrl: "https://evil.example/", channelId: "msteams", recipient: { id: "x" }, id: "mine" };
    await world.post(started, { type: "event", name: "proactive", from: user, ...own, ...forged });
    const event = world.heard.at(-1);
    assert.ok(event);
    assert.deepEqual({ channelData: event.channelData, value: event.value, entities: event.entities }, own);
    assert.equal(event.serviceUrl, `${world.base}/`);
    assert.equal(event.channelId, "directline");
    assert.equal(event.recipient.id, "echo-bot");
    assert.equal(event.conversation.id, started.conversationId);
    assert.equal(event.id, `${started.conversationId}|0000001`);
  });

  test("the bot refuses what the service has not signed", async () => {
    const url = `${world.botUrl}/api/messages`;
    const activity = JSON.stringify({ ...say("hi"), serviceUrl: `${world.base}/`, channelId: "directline" });
    const headers = { "content-type": "application/json" };
    assert.equal((await fetch(url, { method: "POST", body: activity, headers })).status, 401);
    // Another service has the same issuer's name but other keys.
    const stranger = await World.start();
    stranger.service.register({ name: "theirs", appId: world.appId, endpoint: url });
    const { key } = stranger.service.enableDirectLine("theirs");
    const started = await stranger.startConversation(key);
    assert.equal((await stranger.post(started, say("hi"))).status, 502);
    stranger.stop();
    assert.equal(world.heard.length, 0);
  });

  test("the bot refuses a token for another app", async () => {
    world.service.register({ name: "wrong-id", appId: "not-the-bot", endpoint: `${world.botUrl}/api/messages` });
    const started = await world.startConversation(world.service.enableDirectLine("wrong-id").key);
    const { status, body } = await world.post(started, say("hi"));
    assert.equal(status, 502);
    assert.equal(body.error?.code, "BotError");
  });

  test("a proactive message of the bot arrives in the conversation", async () => {
    const started = await world.startConversation();
    await world.post(started, say("hello"));
    const reference = world.reference;
    assert.ok(reference);
    await world.adapter.continueConversationAsync(world.appId, reference, async (context) => {
      context.activity.id = undefined;
      await context.sendActivity("by the way");
    });
    const last = (await world.activities(started)).activities.at(-1);
    assert.equal(last?.text, "by the way");
    assert.equal(last?.from.role, "bot");
  });

  test("starting a conversation tells the bot who joins: the bot first, then a user that is known", async () => {
    const unknown = await world.startConversation();
    const added = () => world.heard.map((activity) => activity.membersAdded?.map((member) => member.id));
    assert.deepEqual(added(), [["echo-bot"]]);
    assert.equal(world.heard[0]?.from.id, unknown.conversationId);
    await world.post(unknown, say("hi"));
    assert.deepEqual(added(), [["echo-bot"], ["anna"], undefined]);
    world.heard.length = 0;
    const { token } = await world.generateToken({ user: { id: "dl_ben" } });
    await world.startConversation(token);
    assert.deepEqual(added(), [["echo-bot"], ["dl_ben"]]);
  });

  test("a conversation that a token has started is not started twice", async () => {
    const { token, conversationId } = await world.generateToken();
    const first = await world.call<Started>("POST", "/v3/directline/conversations", token);
    const second = await world.call<Started>("POST", "/v3/directline/conversations", token);
    assert.deepEqual([first.status, second.status], [201, 200]);
    assert.deepEqual([first.body.conversationId, second.body.conversationId], [conversationId, conversationId]);
    assert.equal(world.heard.length, 1);
  });

  test("a bound token speaks as its user, whatever the activity says", async () => {
    const { token } = await world.generateToken({ user: { id: "dl_ben", name: "Ben" } });
    const started = await world.startConversation(token);
    assert.equal((await world.post(started, { type: "message", text: "no from" })).status, 200);
    await world.post(started, say("as anna"));
    const refreshed = await world.call<Started>("POST", "/v3/directline/tokens/refresh", started.token);
    await world.post(started, say("after refresh"), refreshed.body.token);
    const messages = world.heard.filter((activity) => activity.type === "message");
    assert.deepEqual(
      messages.map(({ from }) => [from.id, from.name]),
      [
        ["dl_ben", "Ben"],
        ["dl_ben", "Ben"],
        ["dl_ben", "Ben"],
      ],
    );
  });

  test("starting with the secret binds the token to the dl_ user that was named, in any spelling of the names", async () => {
    const started = await world.startConversation(world.key, { User: { Id: "dl_ben" } });
    await world.post(started, say("hi"));
    assert.equal(world.heard.at(-1)?.from.id, "dl_ben");
  });

  test("the bot's failure is answered as 502 and logged without what was said", async () => {
    const started = await world.startConversation();
    world.onMessage = async () => {
      throw new Error("boom");
    };
    const failed = await world.post(started, say("a secret"));
    assert.equal(failed.status, 502);
    assert.deepEqual(failed.body.error, {
      code: "BotError",
      message: "Failed to send activity: bot returned an error",
    });
    world.service.update({ name: "echo-bot", appId: world.appId, endpoint: "http://127.0.0.1:1/api/messages" });
    assert.equal((await world.post(started, say("a secret"))).status, 502);
    const lines = world.log.join("\n");
    assert.match(
      lines,
      new RegExp(`bot "echo-bot" answered 500 \\(message, conversation ${started.conversationId}\\)`),
    );
    assert.match(lines, /bot "echo-bot" is unreachable/);
    assert.doesNotMatch(lines, /a secret|Bearer|eyJ/);
  });

  test("the Connector shows members, updates and deletes, and refuses the rest by name", async () => {
    const started = await world.startConversation();
    await world.post(started, say("hello"));
    const bot = await world.connectorToken();
    const at = (rest: string) => `/v3/conversations/${started.conversationId}${rest}`;
    const reply = (await world.activities(started)).activities[1] as Activity;

    const paged = await world.call<{ members: { id: string }[] }>("GET", at("/pagedmembers"), bot);
    assert.deepEqual(
      paged.body.members.map(({ id }) => id),
      ["echo-bot", "anna"],
    );
    assert.equal((await world.call("GET", at("/members/anna"), bot)).body.name, "Anna");
    assert.equal((await world.call("GET", at("/members/nobody"), bot)).status, 404);

    const path = at(`/activities/${encodeURIComponent(String(reply.id))}`);
    const edited = await world.call("PUT", path, bot, { type: "message", text: "edited" });
    assert.deepEqual([edited.status, edited.body.id], [200, reply.id]);
    assert.equal((await world.activities(started)).activities[1]?.text, "edited");
    assert.equal((await world.call("DELETE", path, bot)).status, 200);
    assert.equal((await world.call("DELETE", path, bot)).status, 404);
    const left = await world.activities(started);
    assert.deepEqual([left.activities.length, left.watermark], [1, "2"]);

    const refusals: [string, string][] = [
      ["POST", "/v3/conversations"],
      ["POST", at("/activities/history")],
      ["POST", at("/attachments")],
      ["DELETE", at("/members/anna")],
      ["GET", "/api/usertoken/GetToken"],
    ];
    for (const [method, refused] of refusals) {
      const { status, body } = await world.call<Failure>(method, refused, bot);
      assert.equal(status, 501, refused);
      assert.match(body.error.message, /^The local Bot Service does not support \w/);
    }
  });

  test("the Connector lets only the conversation's own bot in", async () => {
    const started = await world.startConversation();
    const speak = (credential?: string, id = started.conversationId) =>
      world.call<Failure>("POST", `/v3/conversations/${id}/activities`, credential, { type: "message", text: "hi" });
    assert.equal((await speak()).status, 401);
    assert.equal((await speak("garbage")).status, 401);
    assert.equal((await speak(await world.connectorToken(world.appId, Buffer.alloc(32)))).status, 401);
    assert.equal((await speak(started.token)).status, 401);
    assert.equal((await speak(await world.connectorToken("another-app"))).status, 403);
    const unknown = await speak(await world.connectorToken(), "unknown");
    assert.deepEqual([unknown.status, unknown.body.error.code], [404, "ConversationNotFound"]);
    assert.equal((await world.activities(started)).activities.length, 0);
    const own = await speak(await world.connectorToken());
    assert.equal(own.status, 200);
  });

  test("typing is live only and stays out of the history", async () => {
    const started = await world.startConversation();
    assert.equal((await world.post(started, { type: "typing", from: user })).status, 200);
    assert.equal(world.heard.at(-1)?.type, "typing");
    assert.deepEqual(await world.activities(started), { activities: [], watermark: "0" });
  });
});

describe("the local Bot Service's rules for clients", () => {
  let world: World;
  before(async () => {
    world = await World.start();
  });
  after(() => world.stop());

  const conversations = "/v3/directline/conversations";

  test("both secrets work, and nothing else does", async () => {
    assert.equal((await world.call("POST", conversations, world.key)).status, 201);
    assert.equal((await world.call("POST", conversations, world.key2)).status, 201);
    assert.equal((await world.call("POST", conversations)).status, 401);
    assert.equal((await world.call("POST", conversations, `${world.key}x`)).status, 401);
    assert.equal((await world.call("POST", conversations, await world.connectorToken())).status, 401);
    const basic = await world.call("POST", conversations, undefined, undefined, { authorization: "Basic YTpi" });
    assert.equal(basic.status, 401);
  });

  test("a token opens its own conversation only", async () => {
    const [mine, other] = [await world.startConversation(), await world.startConversation()];
    assert.equal((await world.post(other, say("hi"), mine.token)).status, 403);
    const unknown = { ...mine, conversationId: "unknown" };
    assert.equal((await world.post(unknown, say("hi"), world.key)).status, 404);
    const notStarted = await world.generateToken();
    assert.equal((await world.post(notStarted, say("hi"))).status, 404);
    assert.equal((await world.post(other, say("hi"), world.key)).status, 200);
    const generate = await world.call("POST", "/v3/directline/tokens/generate", mine.token);
    assert.equal(generate.status, 403);
    assert.equal((await world.call("POST", "/v3/directline/tokens/refresh", world.key)).status, 403);
  });

  test("the token in a stream's URL opens nothing but streams", async () => {
    const started = await world.startConversation();
    const t = new URL(started.streamUrl).searchParams.get("t") ?? "";
    assert.equal((await world.post(started, say("hi"), t)).status, 401);
    assert.equal((await world.call("POST", "/v3/directline/tokens/refresh", t)).status, 401);
  });

  test("one bot's secret does not open another bot's conversation", async () => {
    world.service.register({ name: "second", appId: "second-app", endpoint: `${world.botUrl}/api/messages` });
    const started = await world.startConversation();
    const { key } = world.service.enableDirectLine("second");
    assert.equal((await world.post(started, say("hi"), key)).status, 404);
    world.service.unregister("second");
    assert.equal((await world.call("POST", conversations, key)).status, 401);
  });

  test("a second bot of the same name is refused, and a channel keeps its secrets", () => {
    const twin = { name: world.botName, appId: "other", endpoint: "https://other.example" };
    assert.throws(() => world.service.register(twin), /already registered/);
    assert.equal(world.service.enableDirectLine(world.botName).key, world.key);
    assert.throws(() => world.service.enableDirectLine("nobody"), /No bot named "nobody"/);
  });

  test("malformed requests are told what is wrong", async () => {
    const started = await world.startConversation();
    const codes = async (activity: unknown) => {
      const { status, body } = await world.post(started, activity);
      return `${status} ${body.error?.code}`;
    };
    assert.equal(await codes({ type: "message", text: "no from" }), "400 MissingProperty");
    assert.equal(await codes("{not json"), "400 BadArgument");
    assert.equal(await codes([]), "400 BadArgument");
    assert.equal(await codes({ from: user, text: "no type" }), "400 BadArgument");
    assert.equal(await codes({ type: "message", from: { id: world.botName } }), "403 BadArgument");
    assert.equal(await codes({ ...say("hi"), deliveryMode: "expectReplies" }), "501 NotSupported");
    assert.equal(await codes(say("x".repeat(262_144))), "413 PayloadTooLarge");
    assert.equal(await codes({ type: "event", from: user, value: "x".repeat(262_000) }), "200 undefined");
    const history = `${conversations}/${started.conversationId}/activities`;
    assert.equal((await world.call("GET", `${history}?watermark=abc`, started.token)).status, 400);
    const unbindable = await world.call("POST", "/v3/directline/tokens/generate", world.key, { user: { id: "anna" } });
    assert.equal(unbindable.status, 400);
    const upload = await world.call<Failure>(
      "POST",
      `${conversations}/${started.conversationId}/upload`,
      started.token,
      "x",
    );
    assert.equal(upload.status, 501);
    assert.match(upload.body.error.message, /upload/);
    assert.equal((await world.call("GET", "/v3/directline/nothing", world.key)).status, 404);
    assert.equal((await world.call("GET", "/nothing")).status, 404);
  });

  test("pages of other origins may call", async () => {
    const preflight = await world.call("OPTIONS", `${conversations}/x/activities`, undefined, undefined, {
      origin: "http://page.example",
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type,x-ms-bot-agent,x-requested-with",
    });
    assert.equal(preflight.status, 204);
    assert.equal(preflight.headers.get("access-control-allow-origin"), "*");
    assert.match(preflight.headers.get("access-control-allow-headers") ?? "", /authorization.*x-ms-bot-agent/);
    const refused = await world.call("POST", conversations, "bad");
    assert.equal(refused.headers.get("access-control-allow-origin"), "*");
  });

  test("the metadata leads to a key that vouches for its channels", async () => {
    const { body } = await world.call("GET", "/v1/.well-known/openidconfiguration");
    assert.equal(body.issuer, "https://api.botframework.com");
    assert.equal(body.jwks_uri, `${world.base}/v1/.well-known/keys`);
    const { keys } = (await (await fetch(String(body.jwks_uri))).json()) as { keys: Record<string, unknown>[] };
    assert.equal(keys.length, 1);
    assert.deepEqual([keys[0]?.kty, keys[0]?.d, keys[0]?.endorsements], ["RSA", undefined, ["directline", "webchat"]]);
  });
});

test("an expired token is told so, and cannot be refreshed", async () => {
  const world = await World.start({ tokenLifetime: 1 });
  try {
    const started = await world.startConversation();
    assert.equal(started.expires_in, 1);
    await sleep(2100);
    const expired = { status: 403, code: "TokenExpired" };
    const posted = await world.post(started, say("hi"));
    assert.deepEqual({ status: posted.status, code: posted.body.error?.code }, expired);
    const refreshed = await world.call<Failure>("POST", "/v3/directline/tokens/refresh", started.token);
    assert.deepEqual({ status: refreshed.status, code: refreshed.body.error.code }, expired);
  } finally {
    world.stop();
  }
});

test("a bot that does not answer in time is answered as 504", async () => {
  const world = await World.start({ botTimeout: 300 });
  try {
    const started = await world.startConversation();
    const { promise, resolve } = deferred();
    world.onMessage = () => promise;
    const { status, body } = await world.post(started, say("hi"));
    assert.equal(status, 504);
    assert.deepEqual(body.error, { code: "BotError", message: "Failed to send activity: bot timed out" });
    assert.match(world.log.join("\n"), /bot "echo-bot" timed out/);
    resolve();
  } finally {
    world.stop();
  }
});

test("a service that was not told its address says so", () => {
  const service = new BotService({ verifyBotToken: async () => ({ appId: "" }), log: () => {} });
  assert.throws(() => service.urls(), /Call setBaseUrl first/);
  service.close();
});
