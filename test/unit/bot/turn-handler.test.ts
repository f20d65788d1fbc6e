import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach, mock, test } from "node:test";
import { type Activity, MemoryStorage, type StoreItems, type TurnContext } from "botbuilder";
import { ConversationTurns } from "../../../bot/channel/conversation-turns";
import type { ConversationDialogs } from "../../../bot/dialogs/engine/conversation-dialogs";
import { newSurvey } from "../../../bot/dialogs/new-survey";
import type { ProactiveDelivery } from "../../../bot/proactive/delivery";
import { Incoming } from "../../../bot/proactive/incoming";
import { ProactiveBot } from "../../../bot/proactive-bot";
import { StateContestedError } from "../../../bot/state/item-store";
import { OptOuts } from "../../../bot/state/opt-outs";
import { References } from "../../../bot/state/references";
import { formatMessage, parseMessage, type QueueMessage } from "../../../core/message/queue-message";
import { ForgedEventError, functionUser, signEvent } from "../../../core/message/signed-event";
import { type MessageQueue, QueueMissingError } from "../../../core/queue/message-queue";
import { TableUnreachableError } from "../../../core/tables/table";
import { eventually } from "../../harness/eventually";
import { testDialogs } from "../helpers/dialogs";
import { MemoryTable } from "../helpers/memory-table";
import { fixedSecret } from "../helpers/secrets";

const secret = `whsec_${randomBytes(32).toString("base64")}`;
const log = mock.method(console, "log", () => undefined);

let queued: QueueMessage[];
let delivered: Incoming[];
let said: string[];
let enqueue: (message: QueueMessage) => Promise<void>;
let deliver: (incoming: Incoming) => Promise<void>;
let storage: FailingStorage;
let dialogs: ConversationDialogs;
let table: MemoryTable;
let bot: ProactiveBot;
let activities = 0;
/** The bot as another instance of the app has it, or the same one after a restart. */
let newInstance: () => ProactiveBot;

class FailingStorage extends MemoryStorage {
  failure?: Error;

  override async read(keys: string[]): Promise<StoreItems> {
    if (this.failure) throw this.failure;
    return super.read(keys);
  }
}

beforeEach(() => {
  [queued, delivered, said] = [[], [], []];
  enqueue = async (message) => {
    formatMessage(message);
    queued.push(message);
  };
  deliver = async (incoming) => void delivered.push(incoming);
  const queue = { name: "bot-queue", enqueue: (message: QueueMessage) => enqueue(message) };
  const delivery = { deliver: (incoming: Incoming) => deliver(incoming) };
  storage = new FailingStorage();
  dialogs = testDialogs(storage);
  table = new MemoryTable();
  const parts = [queue as MessageQueue, delivery as ProactiveDelivery] as const;
  newInstance = () =>
    new ProactiveBot(
      ...parts,
      new ConversationTurns(),
      fixedSecret(secret),
      testDialogs(storage),
      new References(table),
      new OptOuts(table),
    );
  bot = newInstance();
  log.mock.resetCalls();
});

const key = "directline/conversations/c/";

function turn(fields: object): TurnContext {
  const activity = {
    type: "message",
    id: `${++activities}`,
    channelId: "directline",
    serviceUrl: "https://directline.botframework.com/",
    conversation: { id: "c" },
    from: { id: "user", name: "User" },
    recipient: { id: "bot" },
    ...fields,
  } as Partial<Activity>;
  const sendActivity = async (message: string | Partial<Activity>) =>
    void said.push(typeof message === "string" ? message : (message.text ?? ""));
  return { activity, sendActivity } as unknown as TurnContext;
}

function proactive(value: unknown, fields = {}): TurnContext {
  return turn({ type: "event", name: "proactive", value, ...fields });
}

function logged(): string {
  return log.mock.calls.map((call) => String((call.arguments as unknown[])[0])).join("\n");
}

test("a message is queued and the user is told so, in exactly these words", async () => {
  await bot.run(turn({ text: "hello" }));
  const [{ id, ...message } = {} as QueueMessage] = queued;
  assert.match(id ?? "", /^[\w-]{43}$/);
  assert.deepEqual(JSON.parse(JSON.stringify(message)), {
    relatesTo: {
      activityId: `${activities}`,
      user: { id: "user", name: "User" },
      bot: { id: "bot" },
      conversation: { id: "c" },
      channelId: "directline",
      serviceUrl: "https://directline.botframework.com/",
    },
    text: "hello",
  });
  assert.deepEqual(said, [
    "You said hello. Your message has been added to a queue, and it will be sent back to you via a Function shortly.",
  ]);
  assert.match(logged(), new RegExp(`"event":"queued","id":"${id}"`));
});

test("every message has an id of its own, and what is queued is valid", async () => {
  for (const text of ["a", "a", "$& {text} </script>", "\u0000\ufffe😀"]) await bot.run(turn({ text }));
  assert.equal(new Set(queued.map(({ id }) => id)).size, 4);
  assert.deepEqual(
    queued.map((message) => parseMessage(formatMessage(message)).text),
    ["a", "a", "$& {text} </script>", "\u0000\ufffe😀"],
  );
  assert.match(said[2] ?? "", /^You said \$& \{text\} <\/script>\. Your/);
});

test("a message without a text is not queued, and the user is told so", async () => {
  for (const text of ["", undefined, " ", "\u200b", "\u00a0\u200f"]) await bot.run(turn({ text }));
  assert.deepEqual(queued, []);
  assert.deepEqual(said, Array(5).fill("Your message has no text. Please write one."));
});

const picture = { contentType: "image/png", contentUrl: "https://example.com/x.png", name: "x.png" };

test("an attachment without a text is not queued, and the user is told why; beside a text it does not matter", async () => {
  await bot.run(turn({ text: undefined, attachments: [picture] }));
  await bot.run(turn({ text: "", attachments: [picture, { contentType: "text/html", content: "<img>" }] }));
  assert.deepEqual(queued, []);
  assert.deepEqual(
    said,
    Array(2).fill("You sent an attachment, but this bot reads text only. Please write a message."),
  );
  await bot.run(turn({ text: "look", attachments: [picture] }));
  await bot.run(turn({ text: "hello", attachments: [{ contentType: "text/html", content: "<p>hello</p>" }] }));
  assert.deepEqual(
    queued.map(({ text }) => text),
    ["look", "hello"],
  );
});

test("a picture is no answer to a survey's question", async () => {
  await dialogs.start(turn({}), newSurvey, "1");
  said = [];
  await bot.run(turn({ text: undefined, attachments: [picture] }));
  assert.equal(said[0], "Please choose one of these.");
  assert.match(said[1] ?? "", /^How much do you know/);
  assert.deepEqual(queued, []);
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
  assert.match(said[2] ?? "", /^You said \{"color":"red"\}\. Your message has been added/);
});

test("an Action.Execute is answered in the way that its channel waits for", async () => {
  const action = { type: "Action.Execute", verb: "rate", data: { answer: "A little" } };
  const invoke = { type: "invoke", name: "adaptiveCard/action", text: undefined, value: { action, trigger: "manual" } };
  await dialogs.start(turn({}), newSurvey, "1");
  said = [];
  for (const expected of [
    "How many hours a week do you have for it?",
    "Please answer with a whole number from 1 to 40.",
  ]) {
    const context = turn(invoke);
    const sent: Partial<Activity>[] = [];
    context.sendActivity = async (activity) => void sent.push(activity as Partial<Activity>);
    await bot.run(context);
    assert.equal(sent[0]?.text, expected);
    const { type, value } = sent.at(-1) ?? {};
    assert.equal(type, "invokeResponse");
    assert.deepEqual(value, {
      status: 200,
      body: { statusCode: 200, type: "application/vnd.microsoft.activity.message", value: "Your answer has arrived." },
    });
  }
  await bot.run(turn({ text: "cancel" }));
  await bot.run(turn(invoke));
  assert.equal(queued[0]?.text, "A little");
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

test("in a dialog, what is brought again does not answer the next question", async () => {
  await dialogs.start(turn({}), newSurvey, "1");
  said = [];
  const again = { id: "the same", text: "1" };
  for (const instance of [bot, bot, newInstance()]) await instance.run(turn(again));
  assert.deepEqual(said, ["How many hours a week do you have for it?"]);
});

test("new does not answer the survey that it has started when it is brought again", async () => {
  const again = { id: "the same", text: "new" };
  await bot.run(turn(again));
  await dialogs.start(turn({}), newSurvey, "1");
  said = [];
  await newInstance().run(turn(again));
  assert.deepEqual(said, []);
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
  assert.match(said[1] ?? "", /could not be added/);
  assert.match(said[2] ?? "", /^You said hello/);
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
  await eventually("the turn in the state", async () => Object.keys(await storage.read([key])).length > 0);
  enqueue = working;
  await newInstance().run(turn(again));
  assert.deepEqual(
    queued.map(({ text }) => text),
    ["hello"],
  );
  end(new Error("it has ended"));
  await ended;
});

test("a keyword that a user writes is queued to the letter, whatever is round it; the user hears what they wrote", async () => {
  for (const text of ["\u200bnew\u200f", "New", "new.", "\u00a0OLD ", "news", "a new one", "constructor"]) {
    await bot.run(turn({ text }));
  }
  assert.deepEqual(
    queued.map(({ text }) => text),
    ["new", "new", "new", "old", "news", "a new one", "constructor"],
  );
  assert.match(said[1] ?? "", /^You said New\. /);
});

test("what was asked is not open any more when the bot was uninstalled or removed", async () => {
  const ends = [
    { type: "installationUpdate", action: "remove" },
    { type: "installationUpdate", action: "remove-upgrade" },
    { type: "conversationUpdate", membersRemoved: [{ id: "bot" }] },
  ];
  for (const end of ends) {
    await dialogs.start(turn({}), newSurvey, "1");
    await bot.run(turn({ ...end, text: undefined }));
    queued = [];
    await bot.run(turn({ text: "1" }));
    assert.equal(queued.length, 1, JSON.stringify(end));
  }
  await dialogs.start(turn({}), newSurvey, "1");
  await bot.run(turn({ type: "conversationUpdate", membersRemoved: [{ id: "user" }] }));
  await bot.run(turn({ type: "message", text: "1", membersRemoved: [{ id: "bot" }] }));
  assert.equal(said.at(-1), "How many hours a week do you have for it?");
});

test("a team that is deleted ends what was asked in its threads", async () => {
  const thread = { channelId: "msteams", conversation: { id: "19:t@thread.tacv2;messageid=1" } };
  const channelData = { team: { id: "19:t@thread.tacv2" } };
  await bot.run(turn({ ...thread, channelData, text: "hello" }));
  await dialogs.start(turn(thread), newSurvey, "1");
  const conversation = { id: "19:t@thread.tacv2" };
  const eventType = "teamDeleted";
  await bot.run(
    turn({ ...thread, conversation, type: "conversationUpdate", channelData: { ...channelData, eventType } }),
  );
  queued = [];
  await bot.run(turn({ ...thread, channelData, text: "1" }));
  assert.equal(queued.length, 1);
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
  assert.match(said[0] ?? "", /^You said new\./);
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
  assert.deepEqual(new Set(said.slice(hostile.length)), new Set(["Your message has no text. Please write one."]));
});

test("a dialog is answered without the mention that the answer needs in a group", async () => {
  await dialogs.start(turn({ type: "event", text: undefined }), newSurvey, "1");
  const entities = [{ type: "mention", mentioned: { id: "bot" }, text: "<at>Bot</at>" }];
  await bot.run(turn({ text: "<at>Bot</at> cancel", entities }));
  await bot.run(turn({ text: "hello" }));
  assert.deepEqual(
    queued.map(({ text }) => text),
    ["hello"],
  );
});

test("stop in the middle of a survey does not take the buttons of the open question away", async () => {
  await dialogs.start(turn({}), newSurvey, "1");
  const question = said.at(-1);
  said = [];
  await bot.run(turn({ text: "stop" }));
  assert.deepEqual(said.slice(1), [question]);
  storage.failure = new TableUnreachableError("table botstate: gone");
  await bot.run(turn({ text: "stop" }));
  assert.match(said.at(-1) ?? "", /^You will get no more/);
});

test("stop and start are answered, also while a dialog waits, and go neither to it nor to the queue", async () => {
  await dialogs.start(turn({ text: "" }), newSurvey, "1");
  const question = said.at(-1);
  said.length = 0;
  await bot.run(turn({ text: "stop" }));
  await bot.run(turn({ text: "start" }));
  assert.deepEqual(said, [
    'You will get no more messages that are meant for everyone. Say "start" to get them again.',
    question,
    'You will get messages that are meant for everyone again. Say "stop" to end that.',
    question,
  ]);
  said.length = 0;
  await bot.run(turn({ text: "help" }));
  assert.match(said[0] ?? "", /^This is the newcomers' survey/);
  assert.deepEqual(queued, []);
});

test("a message that could not be queued is never claimed to be, and the user learns what to do", async () => {
  const failures: [unknown, RegExp][] = [
    [new QueueMissingError("https://account/bot-queue"), /queue "bot-queue" does not exist/],
    [new Error("getaddrinfo ENOTFOUND"), /could not be added to the queue\. Please try again/],
    [Object.assign(new Error("no"), { name: "RestError", statusCode: 403 }), /Please try again/],
  ];
  for (const [failure, apology] of failures) {
    said = [];
    enqueue = () => Promise.reject(failure);
    await bot.run(turn({ text: "hello" }));
    assert.match(said.join(), apology);
    assert.doesNotMatch(said.join(), /has been added|ENOTFOUND/);
  }
  enqueue = async (message) => void formatMessage(message);
  said = [];
  await bot.run(turn({ text: "x".repeat(50_000) }));
  assert.match(said.join(), /^Your message is too long/);
  said = [];
  await bot.run(turn({ text: "hello", channelId: "a channel nobody knows" }));
  assert.match(said.join(), /cannot come back to you on this channel/);
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
  assert.deepEqual(
    said.map((text) => text.slice(0, 11)),
    ["You said 1.", "You said 2.", "You said 3."],
  );
});

test("a signed event is delivered once, and the bot says nothing in the conversation it came in", async () => {
  const event = signEvent("{}", "1", secret);
  await bot.run(proactive(event));
  await bot.run(proactive(event));
  assert.deepEqual(delivered, [new Incoming(event)]);
  assert.deepEqual([said, queued], [[], []]);
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

test("a message is queued as before where a dialog waits in another conversation, and goes to the dialog where it waits", async () => {
  await dialogs.start(turn({}), newSurvey, "1");
  said = [];
  await bot.run(turn({ text: "new", conversation: { id: "another" } }));
  assert.equal(queued.length, 1);
  assert.match(said.join(), /^You said new\. /);
  said = [];
  await bot.run(turn({ text: "A little" }));
  assert.equal(queued.length, 1);
  assert.deepEqual(said, ["How many hours a week do you have for it?"]);
  await bot.run(turn({ text: "cancel" }));
  await bot.run(turn({ text: "A little" }));
  assert.equal(queued.length, 2);
});

test("while nobody knows whether a dialog waits, nothing is queued, and the user is asked to try again", async () => {
  for (const failure of [new TableUnreachableError("table botstate: gone"), new StateContestedError("c")]) {
    storage.failure = failure;
    said = [];
    await bot.run(turn({ text: "ulterior" }));
    assert.deepEqual(said, ["Your message could not be added to the queue. Please try again in a moment."]);
    assert.match(logged(), new RegExp(`"level":"error","event":"not answered","reason":"${failure.name}: `));
  }
  assert.deepEqual(queued, []);
  assert.doesNotMatch(logged(), /ulterior/);
  storage.failure = new Error("a bug");
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
