import assert from "node:assert/strict";
import { after, before, beforeEach, mock, test } from "node:test";
import type { Activity, ConversationReference, TurnContext } from "botbuilder";
import { generateKeyPair } from "jose";
import { ChannelAdapter, Unauthorized } from "../../bot/channel-adapter";
import { ConversationTurns } from "../../bot/conversation-turns";
import { Incoming } from "../../bot/incoming";
import { OptOuts } from "../../bot/opt-outs";
import { ProactiveDelivery } from "../../bot/proactive-delivery";
import { References } from "../../bot/references";
import { ForbiddenService, ServiceHosts } from "../../bot/service-hosts";
import type { MessageQueue, SignedEvent } from "../../message";
import { appId, startChannel, type TestChannel } from "./helpers/channel";
import { TestDeliveries } from "./helpers/deliveries";
import { testDialogs } from "./helpers/dialogs";
import { MemoryTable } from "./helpers/memory-table";

let channel: TestChannel;
let adapter: ChannelAdapter;
let ran: number;

mock.method(console, "error", () => undefined); // botbuilder reports bad tokens there
mock.method(console, "log", () => undefined);

before(async () => {
  channel = await startChannel();
  adapter = new ChannelAdapter(channel.settings, new ServiceHosts([channel.host]));
});
after(() => channel?.close());
beforeEach(() => {
  ran = 0;
  channel.received.length = 0;
  channel.answer = { status: 200 };
});

function receive(authorization: string, fields: object = {}, turn?: (context: TurnContext) => Promise<void>) {
  const activity = { ...channel.activity, ...fields } as unknown as Activity;
  return adapter.receive(authorization, activity, turn ?? (async () => void ran++));
}

function reference(): Partial<ConversationReference> {
  const { channelId, serviceUrl, conversation } = channel.activity;
  return { channelId, serviceUrl, conversation: conversation as ConversationReference["conversation"] };
}

function encoded(...parts: unknown[]): string {
  return `Bearer ${parts.map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".")}`;
}

test("a channel's token lets a turn run, and its reply reaches the channel with the bot's own token", async () => {
  await receive(await channel.token(), {}, async (context) => void (await context.sendActivity("hi")));
  const [{ path, authorization, body }] = channel.received as [TestChannel["received"][0]];
  assert.equal(path, "/v3/conversations/c/activities/7");
  assert.equal(authorization, "Bearer the bot's token");
  assert.equal(body.text, "hi");
});

test("a request without a good token is unauthorized, whatever is wrong with it", async () => {
  const now = Math.floor(Date.now() / 1000);
  const { privateKey: otherKey } = await generateKeyPair("RS256");
  const good = await channel.token();
  const [, header = "", claims = "", signature = ""] = /^Bearer (.+)\.(.+)\.(.+)$/.exec(good) ?? [];
  const { iss, aud, serviceurl } = JSON.parse(Buffer.from(claims, "base64url").toString());
  const bad = {
    nothing: "",
    "a scheme only": "Bearer",
    "an empty token": "Bearer ",
    "another scheme": `Basic ${header}`,
    "a lower-case scheme": good.replace("Bearer", "bearer"),
    "two tokens": `${good} ${header}`,
    garbage: "Bearer garbage",
    dots: "Bearer ...",
    "garbage with dots": "Bearer a.b.c",
    "no signature": `Bearer ${header}.${claims}.`,
    "no signature, no dot": `Bearer ${header}.${claims}`,
    "another signature": `Bearer ${header}.${claims}.${signature.slice(0, -4)}AAAA`,
    "another's key with a known id": await channel.token({}, {}, otherKey),
    "other claims than were signed": `Bearer ${header}.${Buffer.from(JSON.stringify({ iss, aud, serviceurl, more: 1 })).toString("base64url")}.${signature}`,
    "an unknown key": await channel.token({}, { kid: "unknown" }),
    "no key id": await channel.token({}, { kid: undefined }),
    "a key id from a prototype": await channel.token({}, { kid: "__proto__" }),
    "the algorithm none": `${encoded({ alg: "none", kid: "known" }, { iss, aud, serviceurl })}.`,
    "a symmetric algorithm": `${encoded({ alg: "HS256", kid: "known" }, { iss, aud, serviceurl })}.c2ln`,
    "claims that are null": `${encoded({ alg: "RS256", kid: "known" }, null)}.c2ln`,
    "a header that is a number": `${encoded(5, { iss })}.c2ln`,
    expired: await channel.token({ exp: now - 3_600 }),
    "not yet valid": await channel.token({ nbf: now + 3_600 }),
    "another issuer": await channel.token({ iss: "https://evil.example" }),
    "no issuer": await channel.token({ iss: undefined }),
    "another audience": await channel.token({ aud: "7f0b1d2e-5a66-4c1c-9d0b-3f6c8a7e9b10" }),
    "no audience": await channel.token({ aud: undefined }),
    "a list of audiences": await channel.token({ aud: [appId] }),
    "another service's": await channel.token({ serviceurl: "https://evil.example/" }),
    "nobody's": await channel.token({ serviceurl: undefined }),
    "the bot's own connector token, leaked": await channel.entraToken("https://api.botframework.com"),
  };
  for (const [name, authorization] of Object.entries(bad)) {
    await assert.rejects(receive(authorization), Unauthorized, name);
  }
  await assert.rejects(
    receive(good, { channelId: "msteams" }),
    Unauthorized,
    "a channel that the key is not endorsed for",
  );
  await assert.rejects(receive(good, { channelId: "AseChannel" }), Unauthorized, "a channel that has other rules");
  await assert.rejects(receive(good, { serviceUrl: "https://evil.example/" }), Unauthorized);
  assert.equal(ran, 0);
});

test("a good token with any one character changed is unauthorized", async () => {
  const good = await channel.token();
  const others = "Ab0-_.~= ";
  for (let i = 0; i < 150; i++) {
    const at = 7 + Math.floor(Math.random() * (good.length - 8)); // the last character holds bits that say nothing
    const other = others[Math.floor(Math.random() * others.length)] as string;
    if (good[at] === other) continue;
    const changed = good.slice(0, at) + other + good.slice(at + 1);
    await assert.rejects(receive(changed), Unauthorized, changed);
  }
  assert.equal(ran, 0);
  await receive(good);
  assert.equal(ran, 1);
});

test("a service that is not on the allow-list is forbidden even to a channel with a good token", async () => {
  for (const serviceUrl of ["https://evil.example/", "http://127.0.0.1/", `http://${channel.host}/`]) {
    await assert.rejects(receive(await channel.token({ serviceurl: serviceUrl }), { serviceUrl }), ForbiddenService);
    await assert.rejects(
      adapter.resume(appId, { ...reference(), serviceUrl }, async () => void ran++),
      ForbiddenService,
    );
  }
  await assert.rejects(
    adapter.resume(appId, { ...reference(), serviceUrl: undefined }, async () => void ran++),
    ForbiddenService,
  );
  assert.equal(ran, 0);
});

test("when nobody can tell which keys are good, that is not the caller's fault", async () => {
  const settings = { ...channel.settings, ToBotFromChannelOpenIdMetadataUrl: "http://127.0.0.1:1/nobody-listens" };
  const lost = new ChannelAdapter(settings, new ServiceHosts([channel.host]));
  const activity = channel.activity as unknown as Activity;
  await assert.rejects(
    lost.receive(await channel.token(), activity, async () => void ran++),
    (error) => !(error instanceof Unauthorized),
  );
  assert.equal(ran, 0);
});

test("what a turn throws comes out as it is", async () => {
  const failure = new Error("in the turn");
  const fails = () => Promise.reject(failure);
  await assert.rejects(receive(await channel.token(), {}, fails), (error) => error === failure);
  await assert.rejects(adapter.resume(appId, reference(), fails), (error) => error === failure);
});

/** Delivers a message to the channel, and returns what was deferred for how long, and what was set aside. */
async function deliver(fields: object = {}): Promise<{ deferred: unknown[]; poisoned: unknown[] }> {
  const deferred: unknown[] = [];
  const poisoned: unknown[] = [];
  const queue = {
    defer: async (_message: unknown, retryAfter?: number) => deferred.push(retryAfter) > 0,
    poison: async (entry: unknown) => void poisoned.push(entry),
  };
  const delivery = new ProactiveDelivery({
    adapter,
    queue: queue as unknown as MessageQueue,
    turns: new ConversationTurns(),
    appId,
    dialogs: testDialogs(),
    deliveries: new TestDeliveries(),
    references: new References(new MemoryTable()),
    optOuts: new OptOuts(new MemoryTable()),
  });
  const Message = JSON.stringify({ relatesTo: { ...reference(), ...fields }, text: "hello" });
  await delivery.deliver(new Incoming({ Message, "webhook-id": "1" } as SignedEvent));
  return { deferred, poisoned };
}

test("a proactive message reaches the conversation as no reply to anything", async () => {
  assert.deepEqual(await deliver(), { deferred: [], poisoned: [] });
  const [{ path, authorization, body }] = channel.received as [TestChannel["received"][0]];
  assert.equal(path, "/v3/conversations/c/activities");
  assert.equal(authorization, "Bearer the bot's token");
  assert.equal(body.text, "This is coming back from the trigger! hello");
  assert.equal(body.replyToId, undefined);
});

test("a reference with .NET's nulls for what is optional is one to speak to", async () => {
  assert.deepEqual(await deliver({ activityId: null, user: null, bot: null, locale: null }), {
    deferred: [],
    poisoned: [],
  });
  const [{ path, body }] = channel.received as [TestChannel["received"][0]];
  assert.equal(path, "/v3/conversations/c/activities");
  assert.equal(body.text, "This is coming back from the trigger! hello");
});

test("the real client's errors are told apart, after one try each", async () => {
  channel.answer = { status: 429, headers: { "retry-after": "30" } };
  assert.deepEqual(await deliver(), { deferred: [30], poisoned: [] });
  channel.answer = { status: 503, headers: { "retry-after": "20" } };
  assert.deepEqual(await deliver(), { deferred: [20], poisoned: [] });
  channel.answer = { status: 502 };
  assert.deepEqual(await deliver(), { deferred: [0], poisoned: [] });
  for (const status of [403, 404]) {
    channel.answer = { status };
    assert.equal((await deliver()).poisoned.length, 1);
  }
  channel.answer = { status: 401 };
  await assert.rejects(deliver(), { statusCode: 401 });
  assert.equal(channel.received.length, 6, "none was sent twice");
});
