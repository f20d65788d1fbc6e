import assert from "node:assert/strict";
import { after, before, beforeEach, mock, test } from "node:test";
import type { Activity, ConversationReference, TurnContext } from "botbuilder";
import { generateKeyPair } from "jose";
import { ChannelAdapter, UnauthorizedError } from "../../../bot/channel/channel-adapter";
import { ConversationTurns } from "../../../bot/channel/conversation-turns";
import { ForbiddenServiceError, ServiceHosts } from "../../../bot/channel/service-hosts";
import { Addressees } from "../../../bot/proactive/addressees";
import { channelAnswer, type Verdict } from "../../../bot/proactive/channel-answer";
import { ProactiveDelivery } from "../../../bot/proactive/delivery";
import { ReceivedEvent } from "../../../bot/proactive/received-event";
import { replies } from "../../../bot/replies";
import { noDialogs } from "../../../bot/state/conversations";
import { OptOuts } from "../../../bot/state/opt-outs";
import { References } from "../../../bot/state/references";
import type { SignedEvent } from "../../../core/message/signed-event";
import type { MessageQueue } from "../../../core/queue/message-queue";
import { appId, startChannel, type TestChannel } from "../helpers/channel";
import { TestDeliveries } from "../helpers/deliveries";
import { MemoryTable } from "../helpers/memory-table";
import { testTurnHandler } from "../helpers/turns";

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

test("a card's Action.Execute is answered as the channel expects it; any other invoke is 501", async () => {
  const bot = testTurnHandler({});
  const run = (context: TurnContext) => bot.run(context);
  const token = await channel.token();
  const action = { type: "Action.Execute", verb: "choose", data: { answer: "A lot" } };
  const invoke = { type: "invoke", id: "8", text: undefined, name: "adaptiveCard/action", value: { action } };
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(await receive(token, invoke, run), {
      status: 200,
      body: { statusCode: 200, type: "application/vnd.microsoft.activity.message", value: replies.cardReceived },
    });
  }
  assert.deepEqual(
    channel.received.map(({ body }) => body.text),
    [replies.queued("A lot")],
  );
  assert.equal((await receive(token, { ...invoke, name: "task/fetch" }, run))?.status, 501);
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
    await assert.rejects(receive(authorization), UnauthorizedError, name);
  }
  await assert.rejects(
    receive(good, { channelId: "msteams" }),
    UnauthorizedError,
    "a channel that the key is not endorsed for",
  );
  await assert.rejects(receive(good, { channelId: "AseChannel" }), UnauthorizedError, "a channel that has other rules");
  await assert.rejects(receive(good, { serviceUrl: "https://evil.example/" }), UnauthorizedError);
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
    await assert.rejects(receive(changed), UnauthorizedError, changed);
  }
  assert.equal(ran, 0);
  await receive(good);
  assert.equal(ran, 1);
});

test("a service that is not on the allow-list is forbidden even to a channel with a good token", async () => {
  for (const serviceUrl of ["https://evil.example/", "http://127.0.0.1/", `http://${channel.host}/`]) {
    await assert.rejects(
      receive(await channel.token({ serviceurl: serviceUrl }), { serviceUrl }),
      ForbiddenServiceError,
    );
    await assert.rejects(
      adapter.resume(appId, { ...reference(), serviceUrl }, async () => void ran++),
      ForbiddenServiceError,
    );
  }
  await assert.rejects(
    adapter.resume(appId, { ...reference(), serviceUrl: undefined }, async () => void ran++),
    ForbiddenServiceError,
  );
  assert.equal(ran, 0);
});

test("when nobody can tell which keys are good, that is not the caller's fault", async () => {
  const settings = { ...channel.settings, ToBotFromChannelOpenIdMetadataUrl: "http://127.0.0.1:1/nobody-listens" };
  const lost = new ChannelAdapter(settings, new ServiceHosts([channel.host]));
  const activity = channel.activity as unknown as Activity;
  await assert.rejects(
    lost.receive(await channel.token(), activity, async () => void ran++),
    (error) => !(error instanceof UnauthorizedError),
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
  const references = new References(new MemoryTable());
  const delivery = new ProactiveDelivery({
    adapter,
    queue: queue as unknown as MessageQueue,
    turns: new ConversationTurns(),
    appId,
    dialogs: noDialogs,
    deliveries: new TestDeliveries(),
    references,
    addressees: new Addressees({ adapter, references, appId, teamsServiceUrl: channel.activity.serviceUrl }),
    optOuts: new OptOuts(new MemoryTable()),
  });
  const Message = JSON.stringify({ relatesTo: { ...reference(), ...fields }, text: "hello" });
  await delivery.deliver(new ReceivedEvent({ Message, "webhook-id": "1" } as SignedEvent));
  return { deferred, poisoned };
}

test("a proactive message reaches the conversation as no reply to anything", async () => {
  assert.deepEqual(await deliver(), { deferred: [], poisoned: [] });
  const [{ path, authorization, body }] = channel.received as [TestChannel["received"][0]];
  assert.equal(path, "/v3/conversations/c/activities");
  assert.equal(authorization, "Bearer the bot's token");
  assert.equal(body.text, replies.proactiveText("hello"));
  assert.equal(body.replyToId, undefined);
});

test("a reference with .NET's nulls for what is optional is one to speak to, and the channel gets none of them", async () => {
  assert.deepEqual(await deliver({ activityId: null, user: null, bot: null, locale: null }), {
    deferred: [],
    poisoned: [],
  });
  const account = { id: "u", name: null, aadObjectId: null, role: null, properties: null };
  const conversation = { ...account, id: "c", isGroup: null, conversationType: null, tenantId: null };
  await deliver({ user: account, bot: account, conversation });
  assert.equal(channel.received.length, 2);
  assert.ok(!JSON.stringify(channel.received.map(({ body }) => body)).includes("null"));
  const [{ path, body }] = channel.received as [TestChannel["received"][0]];
  assert.equal(path, "/v3/conversations/c/activities");
  assert.equal(body.text, replies.proactiveText("hello"));
});

test("the real client's errors are told apart, after one try each", async () => {
  channel.answer = { status: 429, headers: { "retry-after": "30" } };
  assert.deepEqual(await deliver(), { deferred: [30], poisoned: [] });
  channel.answer = { status: 503, headers: { "retry-after": "20" } };
  assert.deepEqual(await deliver(), { deferred: [20], poisoned: [] });
  for (const answer of [
    { status: 502 },
    { status: 502, body: "<html>" },
    { status: 200, body: "<html>" },
    { status: 0 },
  ]) {
    channel.answer = answer;
    assert.deepEqual(await deliver(), { deferred: [15], poisoned: [] }, JSON.stringify(answer));
  }
  for (const status of [403, 404]) {
    channel.answer = { status };
    assert.equal((await deliver()).poisoned.length, 1);
  }
  channel.answer = { status: 401 };
  assert.deepEqual(await deliver(), { deferred: [0], poisoned: [] });
  assert.equal(channel.received.length, 9, "none was sent twice");
});

/** What the adapter throws for an answer, read as the bot reads it. */
async function answerTo(status: number, body: object | string, channelId = "msteams") {
  channel.answer = { status, body: typeof body === "string" ? body : JSON.stringify(body) };
  const error = await adapter
    .resume(appId, reference(), async (context) => void (await context.sendActivity("hi")))
    .catch((error) => error);
  return channelAnswer(error, channelId);
}

test("each form in which Teams says a code is read, and means what Teams documents", async () => {
  const blocked = JSON.stringify({
    subCode: "MessageWritesBlocked",
    details: "Thread is blocked from message writes.",
  });
  const inner = (body: object | string) => ({
    error: { code: "ServiceError", message: "no", innerHttpError: { statusCode: 403, body } },
  });
  const error = (code: string, message = "no") => ({ error: { code, message } });
  const cases: [number, object | string, Verdict, string | undefined][] = [
    [403, { errorCode: 209, message: blocked }, "gone", "MessageWritesBlocked"],
    [403, inner(blocked), "gone", "MessageWritesBlocked"],
    [403, inner(JSON.parse(blocked)), "gone", "MessageWritesBlocked"],
    [403, error("ConversationBlockedByUser"), "gone", "ConversationBlockedByUser"],
    [403, error("BotNotInConversationRoster"), "gone", "BotNotInConversationRoster"],
    [403, error("ForbiddenOperationException"), "gone", "ForbiddenOperationException"],
    [403, error("BotDisabledByAdmin"), "paused", "BotDisabledByAdmin"],
    [403, error("InvalidBotApiHost"), "paused", "InvalidBotApiHost"],
    [403, error("NotEnoughPermissions"), "paused", "NotEnoughPermissions"],
    [403, error("SomethingNew"), "paused", "SomethingNew"],
    [403, "", "paused", undefined],
    [403, error("BadArgument", "Failed to decrypt conversation id"), "deferred", "BadArgument"],
    [400, error("BadArgument", "Failed to decrypt pairwise id"), "deferred", "BadArgument"],
    [400, error("BadArgument", "Failed to parse"), "refused", "BadArgument"],
    [413, error("MessageSizeTooBig"), "refused", "MessageSizeTooBig"],
    [412, error("PreconditionFailed"), "deferred", "PreconditionFailed"],
    [429, error("Throttled"), "deferred", "Throttled"],
    [500, error("ServiceError"), "unsure", "ServiceError"],
    [502, error("ServiceError"), "unsure", "ServiceError"],
    [503, "", "deferred", undefined],
    [504, "", "unsure", undefined],
    [507, "", "unsure", undefined],
    [418, '{"error":"a teapot"}', "refused", undefined],
  ];
  for (const [status, body, verdict, code] of cases) {
    const answer = await answerTo(status, body);
    assert.deepEqual([answer?.verdict, answer?.code, answer?.status], [verdict, code, status], JSON.stringify(body));
  }
  assert.equal(
    (await answerTo(403, { errorCode: 209, message: blocked }))?.text,
    "Thread is blocked from message writes.",
  );
});

test("some answers are hoped to pass for a time: a Teams conversation that is not found, a bot that is not accepted", async () => {
  const notFound = { error: { code: "ConversationNotFound", message: "Conversation not found." } };
  assert.deepEqual(
    [(await answerTo(404, notFound))?.patience, (await answerTo(404, notFound, "directline"))?.patience],
    [3_600_000, undefined],
  );
  assert.equal((await answerTo(404, notFound, "directline"))?.verdict, "gone");
  assert.deepEqual([(await answerTo(401, ""))?.verdict, (await answerTo(401, ""))?.patience], ["paused", 3_600_000]);
});

test("what never got to the channel is no answer of it", async () => {
  const closed = new ChannelAdapter(channel.settings, new ServiceHosts(["127.0.0.1:1"]));
  const error = await closed
    .resume(appId, { ...reference(), serviceUrl: "https://127.0.0.1:1/" }, async (context) => {
      await context.sendActivity("hi");
    })
    .catch((error) => error);
  assert.ok(error instanceof Error);
  assert.equal(channelAnswer(error), undefined);
  for (const error of [new Error("no token"), new TypeError("a bug"), "a string"]) {
    assert.equal(channelAnswer(error), undefined);
  }
});

test("a conversation is opened with the bot's own token, by one call, at an allowed host only", async () => {
  channel.answer = { status: 201, body: '{"id":"a:1"}' };
  const parameters = {
    isGroup: false,
    bot: { id: "28:bot" },
    members: [{ id: "29:user" }],
    tenantId: "t",
    channelData: { tenant: { id: "t" } },
  };
  assert.equal(await adapter.open(appId, channel.activity.serviceUrl, parameters), "a:1");
  const [{ path, authorization, body }] = channel.received as [TestChannel["received"][0]];
  assert.deepEqual([path, authorization, body], ["/v3/conversations", "Bearer the bot's token", parameters]);
  await assert.rejects(adapter.open(appId, "https://evil.example/", parameters), ForbiddenServiceError);
  channel.answer = { status: 429, headers: { "retry-after": "1" } };
  await assert.rejects(adapter.open(appId, channel.activity.serviceUrl, parameters), { statusCode: 429 });
  assert.equal(channel.received.length, 2, "none was sent twice");
});
