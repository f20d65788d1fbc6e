import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach, mock, test } from "node:test";
import type { TurnContext } from "botbuilder";
import { ReceivedEvent } from "../../../bot/proactive/received-event";
import { replies } from "../../../bot/replies";
import type { TurnHandler } from "../../../bot/turn-handler";
import { formatMessage, parseMessage, type QueueMessage } from "../../../core/message/queue-message";
import { ForgedEventError, functionUser, signEvent } from "../../../core/message/signed-event";
import { QueueMissingError } from "../../../core/queue/message-queue";
import { TableUnreachableError } from "../../../core/tables/table";
import { eventually } from "../../harness/eventually";
import { TestConversations } from "../helpers/conversations";
import { TestDeliveries } from "../helpers/deliveries";
import { testDelivery } from "../helpers/delivery";
import { MemoryTable } from "../helpers/memory-table";
import { fixedSecret } from "../helpers/secrets";
import { testTurnHandler, turnOf } from "../helpers/turns";

const secret = `whsec_${randomBytes(32).toString("base64")}`;
const log = mock.method(console, "log", () => undefined);

let queued: QueueMessage[];
let delivered: ReceivedEvent[];
let said: string[];
let enqueue: (message: QueueMessage) => Promise<void>;
let deliver: (event: ReceivedEvent) => Promise<void>;
let conversations: TestConversations;
let table: MemoryTable;
let bot: TurnHandler;
/** The bot as another instance of the app has it, or the same one after a restart. */
let newInstance: () => TurnHandler;

beforeEach(() => {
  [queued, delivered, said] = [[], [], []];
  enqueue = async (message) => void queued.push(message);
  deliver = async (event) => void delivered.push(event);
  conversations = new TestConversations();
  table = new MemoryTable();
  newInstance = () =>
    testTurnHandler({
      enqueue: (message) => enqueue(message),
      deliver: (event) => deliver(event),
      conversations,
      references: table,
      webhook: fixedSecret(secret),
    });
  bot = newInstance();
  log.mock.resetCalls();
});

function turn(fields: object): TurnContext {
  return turnOf(said, fields);
}

function proactive(value: unknown, fields = {}): TurnContext {
  return turn({ type: "event", name: "proactive", value, ...fields });
}

function logged(): string {
  return log.mock.calls.map((call) => String((call.arguments as unknown[])[0])).join("\n");
}

const picture = { contentType: "image/png", contentUrl: "https://example.com/x.png", name: "x.png" };

test("a message is queued, and the user is told so", async () => {
  const context = turn({ text: "hello" });
  await bot.run(context);
  const [{ id, ...message } = {} as QueueMessage] = queued;
  assert.match(id ?? "", /^[\w-]{43}$/);
  assert.deepEqual(JSON.parse(JSON.stringify(message)), {
    relatesTo: {
      activityId: context.activity.id,
      user: { id: "user", name: "User" },
      bot: { id: "bot" },
      conversation: { id: "c" },
      channelId: "directline",
      serviceUrl: "https://directline.botframework.com/",
    },
    text: "hello",
  });
  assert.deepEqual(said, [replies.queued("hello")]);
  assert.match(logged(), new RegExp(`"event":"queued","id":"${id}"`));
});

test("every message has an id of its own, and what is queued is valid", async () => {
  for (const text of ["a", "a", "$& {text} </script>", "\u0000\ufffe😀"]) await bot.run(turn({ text }));
  assert.equal(new Set(queued.map(({ id }) => id)).size, 4);
  assert.deepEqual(
    queued.map((message) => parseMessage(formatMessage(message)).text),
    ["a", "a", "$& {text} </script>", "\u0000\ufffe😀"],
  );
  assert.equal(said[2], replies.queued("$& {text} </script>"));
});

test("a message without a text is not queued, and the user is told so", async () => {
  for (const text of ["", undefined, " ", "\u200b", "\u00a0\u200f"]) await bot.run(turn({ text }));
  assert.deepEqual(queued, []);
  assert.deepEqual(said, Array(5).fill(replies.noText));
});

test("an attachment without a text is not queued, and the user is told why; beside a text it does not matter", async () => {
  await bot.run(turn({ text: undefined, attachments: [picture] }));
  await bot.run(turn({ text: "", attachments: [picture, { contentType: "text/html", content: "<img>" }] }));
  assert.deepEqual(queued, []);
  assert.deepEqual(said, Array(2).fill(replies.attachmentOnly));
  await bot.run(turn({ text: "look", attachments: [picture] }));
  await bot.run(turn({ text: "hello", attachments: [{ contentType: "text/html", content: "<p>hello</p>" }] }));
  assert.deepEqual(
    queued.map(({ text }) => text),
    ["look", "hello"],
  );
});

test("what a card submits where no dialog waits is queued, in words", async () => {
  for (const value of [{ answer: "yes", x: 1 }, { answer: 5 }, { color: "red" }, "postback", { answer: {} }]) {
    await bot.run(turn({ text: undefined, value }));
  }
  await bot.run(turn({ text: "a text", value: { answer: "no" } }));
  assert.deepEqual(
    queued.map(({ text }) => text),
    ["yes", "5", '{"color":"red"}', "postback", '{"answer":{}}', "a text"],
  );
  assert.equal(said[2], replies.queued('{"color":"red"}'));
});

test("an invoke that is no button's is left alone", async () => {
  const invokes = [
    { name: "adaptiveCard/action", value: { action: { data: { answer: "1" } }, trigger: "automatic" } },
    { name: "adaptiveCard/action", value: {} },
    { name: "adaptiveCard/action", value: null },
    { name: "composeExtension/query", value: { action: {} } },
  ];
  for (const invoke of invokes) await bot.run(turn({ type: "invoke", ...invoke }));
  assert.deepEqual([said, queued], [[], []]);
});

test("a message that its channel brings again is answered once, and queued under the same id", async () => {
  const again = { id: "the same", text: "hello" };
  await bot.run(turn(again));
  await bot.run(turn(again));
  await newInstance().run(turn(again));
  assert.equal(said.length, 1);
  assert.deepEqual(new Set(queued.map(({ id }) => id)).size, 1);
  await bot.run(turn({ ...again, conversation: { id: "another" } }));
  await bot.run(turn({ ...again, channelId: "webchat" }));
  assert.equal(said.length, 3);
  assert.equal(new Set(queued.map(({ id }) => id)).size, 3);
  for (const { id } of queued) assert.match(id ?? "", /^[!-~]{1,200}$/);
});

test("a first try that failed is no try: what is brought again is answered", async () => {
  const again = { id: "the same", text: "hello" };
  const fails = { ...turn(again), sendActivity: () => Promise.reject(new Error("gone")) };
  await assert.rejects(bot.run(fails as unknown as TurnContext), /gone/);
  await bot.run(turn(again));
  assert.equal(said.length, 1);
  const working = enqueue;
  enqueue = () => Promise.reject(new Error("no"));
  await bot.run(turn({ ...again, id: "another" }));
  enqueue = working;
  await newInstance().run(turn({ ...again, id: "another" }));
  assert.deepEqual(said.slice(1), [replies.notQueued, replies.queued("hello")]);
});

test("what the bot ended too early to queue is queued when it is brought again", async () => {
  const again = { id: "the same", text: "hello" };
  const working = enqueue;
  let end = (_why: Error) => {};
  enqueue = () =>
    new Promise((_resolve, reject) => {
      end = reject; // the process ends here
    });
  const ended = bot.run(turn(again));
  await eventually("the turn in the table", () => conversations.table.rows.length > 0);
  enqueue = working;
  await newInstance().run(turn(again));
  assert.deepEqual(
    queued.map(({ text }) => text),
    ["hello"],
  );
  end(new Error("it has ended"));
  await ended;
});

test("the bot's own mention is no part of what a message says", async () => {
  const mention = (id: string, text: unknown) => ({ type: "mention", mentioned: { id }, text });
  const [own, other] = [mention("bot", "<at>Bot</at>"), mention("29:x", "<at>Xenia</at>")];
  const hostile = [null, {}, { type: "mention" }, mention("bot", undefined), mention("bot", ""), mention("bot", 7)];
  const cases: [string | undefined, unknown[] | null | undefined, string][] = [
    ["<at>Bot</at> new", [own], "new"],
    ["<at>Bot</at>&nbsp;\u00a0new\n", [own], "new"],
    ["new <at>Bot</at>", [own], "new"],
    ["please <at>Bot</at> come back", [own], "please come back"],
    ["<at>Bot</at> <at>Bot</at> new <at>Bot</at>", [own, own], "new"],
    ["<at>Bot</at> ask <at>My Bot</at> $& twice", [own, mention("bot", "<at>My Bot</at>")], "ask $& twice"],
    ["<at>Bot</at> ask <at>Xenia</at> ", [other, own], "ask <at>Xenia</at>"],
    ["<at>Bot</at>", [own], ""],
    ["<at>Bot</at> new", [...hostile, own], "new"],
    [" <at>Xenia</at> new ", [other], " <at>Xenia</at> new "],
    [" <at>Bot</at> new ", hostile, " <at>Bot</at> new "],
    [" <at>Bot</at> new ", [], " <at>Bot</at> new "],
    [" <at>Bot</at> new ", null, " <at>Bot</at> new "],
    [" <at>Bot</at> new ", undefined, " <at>Bot</at> new "],
    [undefined, [own], ""],
    [undefined, undefined, ""],
    ["<AT>bOT</AT> new", [own], "new"],
    ["<at>Bot</at> (x*) new", [mention("bot", "<at>bot</at> (X*)")], "new"],
  ];
  for (const [text, entities, expected] of cases) {
    queued = [];
    await bot.run(turn({ text, entities }));
    assert.equal(queued[0]?.text ?? "", expected, `${text} ${JSON.stringify(entities)}`);
  }
  assert.equal(said[0], replies.queued("new"));
});

test("an own mention that does not quote itself is known by the bot's name, whatever the case", async () => {
  const recipient = { id: "bot", name: "Proactive bot" };
  const unquoted = [undefined, null, "", 7].map((text) => ({ type: "mention", mentioned: { id: "bot" }, text }));
  const named = { type: "mention", mentioned: { id: "bot", name: "Nickname" } };
  const other = { type: "mention", mentioned: { id: "29:x", name: "Proactive bot" } };
  const cases: [string, unknown[], string][] = [
    ...unquoted.map((mention): [string, unknown[], string] => ["<at>Proactive bot</at> new", [mention], "new"]),
    ["<at>proactive BOT</at>&nbsp;new", [unquoted[0]], "new"],
    ["new <AT>Proactive Bot</AT>", [unquoted[0]], "new"],
    ["<at>Nickname</at> new", [named], "new"],
    ["<at>Proactive bot</at> new", [other], "<at>Proactive bot</at> new"],
    ["Proactive bot new", [unquoted[0]], "Proactive bot new"],
  ];
  for (const [text, entities, expected] of cases) {
    queued = [];
    await bot.run(turn({ text, entities, recipient }));
    assert.equal(queued[0]?.text, expected, `${text} ${JSON.stringify(entities)}`);
  }
});

test("fields of the wrong kind are as good as absent", async () => {
  const name = "a".repeat(100_000);
  const hostile = [
    { text: "x", entities: {} },
    { text: "x", entities: "mention" },
    { text: "x", entities: Array(5_000).fill({ type: "mention", mentioned: { id: "bot" }, text: `${name}b` }) },
    { text: `x${" ".repeat(200)}y`, attachments: {}, value: [] },
    { text: "x", attachments: [null, 7], value: "y" },
  ];
  for (const fields of hostile) await bot.run(turn(fields));
  assert.equal(queued.length, hostile.length);
  queued = [];
  const deep = JSON.parse(`${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`);
  await bot.run(turn({ text: undefined, value: deep }));
  for (const text of [7, {}, [], null, true]) await bot.run(turn({ text }));
  assert.deepEqual(queued, []);
  assert.deepEqual(new Set(said.slice(hostile.length)), new Set([replies.noText]));
});

test("a message that could not be queued is never claimed to be, and the user learns what to do", async () => {
  const failures: [unknown, string][] = [
    [new QueueMissingError("https://account/bot-queue"), replies.queueMissing("bot-queue")],
    [new Error("getaddrinfo ENOTFOUND"), replies.notQueued],
    [Object.assign(new Error("no"), { name: "RestError", statusCode: 403 }), replies.notQueued],
  ];
  for (const [failure, apology] of failures) {
    said = [];
    enqueue = () => Promise.reject(failure);
    await bot.run(turn({ text: "hello" }));
    assert.deepEqual(said, [apology]);
  }
  enqueue = async () => undefined;
  said = [];
  await bot.run(turn({ text: "x".repeat(50_000) }));
  await bot.run(turn({ text: "hello", channelId: "a channel nobody knows" }));
  assert.deepEqual(said, [replies.tooLong, replies.unknownChannel]);
  assert.match(logged(), /relatesTo\.channelId is not valid/);
});

test("an answer that the channel does not take fails the turn", async () => {
  const context = { ...turn({ text: "hello" }), sendActivity: () => Promise.reject(new Error("gone")) };
  await assert.rejects(bot.run(context as unknown as TurnContext), /gone/);
});

test("answers of one conversation keep the order of its messages", async () => {
  const delays = [20, 10, 0];
  enqueue = () => new Promise((resolve) => setTimeout(resolve, delays.shift()));
  await Promise.all(["1", "2", "3"].map((text) => bot.run(turn({ text }))));
  assert.deepEqual(said, ["1", "2", "3"].map(replies.queued));
});

test("a signed event is delivered, and the bot says nothing in the conversation it came in", async () => {
  const event = signEvent("{}", "1", secret);
  await bot.run(proactive(event));
  assert.deepEqual(delivered, [new ReceivedEvent(event)]);
  assert.deepEqual([said, queued], [[], []]);
});

test("a replayed event is said once, by whoever and in whatever spelling it comes, and answers its sender nothing", async () => {
  const heard: (string | undefined)[] = [];
  const { delivery } = testDelivery({
    deliveries: new TestDeliveries(),
    send: async ({ text }) => void heard.push(text),
    defer: async () => true,
  });
  deliver = (event) => delivery.deliver(event);
  const relatesTo = { conversation: { id: "c" }, channelId: "directline", serviceUrl: "https://example.com/" };
  const event = signEvent(JSON.stringify({ relatesTo, text: "once" }), "1", secret);
  const { "webhook-signature": signature, "webhook-timestamp": timestamp } = event;
  const spellings = [
    event,
    { ...event, "webhook-signature": `${signature} v1,AAAA` },
    { ...event, "webhook-signature": `v1,AAAA ${signature}` },
    { ...event, "webhook-timestamp": `${timestamp}.5` },
    { ...event, "webhook-timestamp": `0${timestamp}` },
    signEvent(event.Message, "1", secret, new Date(Date.now() - 60_000)),
  ];
  await Promise.all(spellings.map((value) => bot.run(proactive(value))));
  for (const value of spellings) await newInstance().run(proactive(value, { from: { id: functionUser } }));
  assert.deepEqual([heard, said], [[replies.proactiveText("once")], []]);
});

test("a failed delivery fails the turn, so that the function hears of it, and the same event may be brought again", async () => {
  const event = signEvent("{}", "1", secret);
  deliver = () => Promise.reject(new Error("out of reach"));
  await assert.rejects(bot.run(proactive(event)), /out of reach/);
  await assert.rejects(bot.run(proactive(event)), /out of reach/);
  deliver = async (again) => void delivered.push(again);
  await bot.run(proactive(event));
  assert.equal(delivered.length, 1);
});

test("nothing else passes for a proactive event", async () => {
  const event = signEvent("{}", "1", secret);
  const forged = { ...event, Message: '{"text":"forged"}' };
  const contexts = [
    proactive(forged),
    proactive(undefined),
    proactive(event, { name: "Proactive" }),
    proactive(event, { name: undefined }),
    proactive(event, { type: "invoke" }),
    proactive(event, { channelId: "webchat" }),
    turn({ type: "conversationUpdate", membersAdded: [{ id: "user" }] }),
    turn({ type: "typing" }),
    turn({ type: "installationUpdate", conversation: undefined }),
  ];
  for (const context of contexts) await bot.run(context);
  assert.deepEqual([delivered, said, queued], [[], [], []]);
});

test("an event in the function's name that is not signed so fails the turn, so that the function tries again", async () => {
  const from = { id: functionUser };
  const forged = signEvent("{}", "1", `whsec_${randomBytes(32).toString("base64")}`);
  await assert.rejects(bot.run(proactive(forged, { from })), ForgedEventError);
  assert.deepEqual([delivered, said, queued], [[], [], []]);
  await bot.run(proactive(signEvent("{}", "1", secret), { from }));
  assert.equal(delivered.length, 1);
});

test("the log holds ids and reasons, never what was said", async () => {
  await bot.run(turn({ text: "ulterior" }));
  enqueue = () => Promise.reject(new Error("no"));
  await bot.run(turn({ text: "ulterior" }));
  await bot.run(turn({ text: "ulterior", channelId: "ulterior" }));
  await bot.run(proactive(signEvent('{"text":"ulterior"}', "1", secret)));
  await bot.run(proactive({ ...signEvent("{}", "1", secret), Message: "ulterior" }));
  for (const line of logged().split("\n")) assert.equal(typeof JSON.parse(line).event, "string");
  assert.doesNotMatch(logged(), /ulterior|whsec_/);
});

test("while nobody knows whether a dialog waits, nothing is queued, and the user is asked to try again", async () => {
  conversations.table.failure = new TableUnreachableError("table botstate: gone");
  await bot.run(turn({ text: "ulterior" }));
  assert.deepEqual(said, [replies.notQueued]);
  assert.match(logged(), /"level":"error","event":"not answered","reason":"TableUnreachableError: /);
  assert.deepEqual(queued, []);
  assert.doesNotMatch(logged(), /ulterior/);
  conversations.table.failure = new Error("a bug");
  await assert.rejects(bot.run(turn({ text: "hello" })), /a bug/);
});

test("where the user can be reached is written down beside the answer, which does not wait for it, but the turn does", async () => {
  let reach = () => {};
  const isReached = new Promise<void>((resolve) => {
    reach = resolve;
  });
  const upsert = table.upsertEntity.bind(table);
  table.upsertEntity = (...args) => isReached.then(() => upsert(...args));
  let isOver = false;
  const over = bot.run(turn({ text: "hello" })).then(() => {
    isOver = true;
  });
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.equal(said.length, 1);
  assert.equal(isOver, false);
  reach();
  await over;
  assert.deepEqual(
    table.rows.map(({ userId, conversationId }) => [userId, conversationId]),
    [["user", "c"]],
  );
});

test("a user who cannot be written down is answered all the same", async () => {
  table.failure = new TableUnreachableError("table references: gone");
  await bot.run(turn({ text: "hello" }));
  assert.equal(said.length, 1);
  assert.match(logged(), /"event":"reference not kept","reason":"TableUnreachableError: table references: gone"/);
});

test("nobody is written down for a proactive event", async () => {
  await bot.run(proactive(signEvent("{}", "1", secret)));
  assert.deepEqual(table.rows, []);
});
