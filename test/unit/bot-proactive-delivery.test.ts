import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { type ConversationReference, MemoryStorage, type TurnContext } from "botbuilder";
import type { ChannelAdapter } from "../../bot/channel-adapter";
import { ConversationTurns } from "../../bot/conversation-turns";
import { ProactiveDelivery } from "../../bot/proactive-delivery";
import { ForbiddenService } from "../../bot/service-hosts";
import { ItemTooLarge } from "../../bot/state/entity";
import { TableUnreachable } from "../../bot/table-unreachable";
import type { MessageQueue, QueueMessage, SignedEvent } from "../../message";
import { testDialogs } from "./helpers/dialogs";

const relatesTo = { conversation: { id: "c" }, channelId: "directline", serviceUrl: "https://example.com/" };
const log = mock.method(console, "log", () => undefined);

let said: string[];
let deferred: { message: QueueMessage; retryAfter?: number }[];
let poisoned: unknown[];
let resumed: { appId: string; reference: unknown }[];
/** What the channel does with what is said. */
let channel: (text: string) => Promise<void>;
let defer: () => Promise<boolean>;
let turns: ConversationTurns;
let storage: MemoryStorage;
let delivery: ProactiveDelivery;

beforeEach(() => {
  [said, deferred, poisoned, resumed] = [[], [], [], []];
  channel = async (text) => void said.push(text);
  defer = async () => true;
  const adapter = {
    resume: async (appId: string, reference: ConversationReference, turn: (context: TurnContext) => Promise<void>) => {
      resumed.push({ appId, reference });
      const { channelId, conversation, user: from } = reference;
      const sendActivity = (said: string | { text: string }) => channel(typeof said === "string" ? said : said.text);
      const context = { activity: { id: "random", channelId, conversation, from }, sendActivity };
      await turn(context as unknown as TurnContext);
      assert.equal(context.activity.id, undefined, "Web Chat would wait for the activity this replies to");
    },
  };
  const queue = {
    defer: async (message: QueueMessage, retryAfter?: number) => {
      deferred.push({ message, retryAfter });
      return defer();
    },
    poison: async (entry: unknown) => void poisoned.push(entry),
  };
  turns = new ConversationTurns();
  storage = new MemoryStorage();
  const parts = [adapter as unknown as ChannelAdapter, queue as MessageQueue, turns, "the app id"] as const;
  delivery = new ProactiveDelivery(...parts, testDialogs(storage));
  log.mock.resetCalls();
});

function event(message: unknown = { relatesTo, text: "hello" }, id = "1"): SignedEvent {
  const Message = typeof message === "string" ? message : JSON.stringify(message);
  return { Message, "webhook-id": id, "webhook-timestamp": "", "webhook-signature": "" };
}

/** What botbuilder throws for a channel's answer. */
function answer(statusCode: number, headers: Record<string, string> = {}): Error {
  return Object.assign(new Error("no"), {
    name: "RestError",
    statusCode,
    response: { headers: new Map(Object.entries(headers)) },
  });
}

function logged(): string {
  return log.mock.calls.map((call) => String((call.arguments as unknown[])[0])).join("\n");
}

test("it says the text in the conversation that the message relates to, in exactly these words", async () => {
  await delivery.deliver(event());
  assert.deepEqual(said, ["This is coming back from the trigger! hello"]);
  assert.deepEqual(resumed, [{ appId: "the app id", reference: relatesTo }]);
  assert.deepEqual([deferred, poisoned], [[], []]);
  assert.match(logged(), /"event":"delivered","id":"1"/);
});

test("what the channel throttles is deferred under the message's id, for as long as the channel asks", async () => {
  const messages = [
    { relatesTo, text: "hello", more: 1 },
    { relatesTo, text: "hello", id: "1", attempt: 3 },
  ];
  for (const status of [412, 429, 500, 502, 503, 504]) {
    for (const message of messages) {
      channel = () => Promise.reject(answer(status, { "retry-after": "17" }));
      deferred = [];
      await delivery.deliver(event(message));
      assert.deepEqual(deferred, [{ message: { ...message, id: "1" }, retryAfter: 17 }], String(status));
    }
  }
  channel = () => Promise.reject(answer(429));
  deferred = [];
  await delivery.deliver(event());
  assert.equal(deferred[0]?.retryAfter, 0);
  assert.deepEqual([said, poisoned], [[], []]);
});

test("after a day of deferring it is set aside", async () => {
  channel = () => Promise.reject(answer(503));
  defer = async () => false;
  await delivery.deliver(event());
  assert.deepEqual(poisoned, [event().Message]);
});

test("what no retry can deliver is set aside as it came, with the reason in the log", async () => {
  for (const status of [400, 403, 404, 413]) {
    poisoned = [];
    channel = () => Promise.reject(answer(status));
    await delivery.deliver(event());
    assert.deepEqual(poisoned, [event().Message], String(status));
    assert.match(logged(), new RegExp(`"level":"error","event":"failed","id":"1","reason":"RestError: ${status}`));
  }
  channel = () => Promise.reject(new ForbiddenService("https://evil.example"));
  for (const bad of ["not json", "{}", { relatesTo, text: 5 }, { relatesTo, text: "a forbidden service" }]) {
    poisoned = [];
    await delivery.deliver(event(bad));
    assert.deepEqual(poisoned, [event(bad).Message]);
  }
  assert.match(logged(), /relatesTo is missing/);
  assert.deepEqual([said, deferred], [[], []]);
});

test("any other failure is thrown, so that it never looks like a success to the function", async () => {
  const failures = [
    answer(401),
    answer(409),
    new Error("no token"),
    Object.assign(new Error("connect ECONNREFUSED"), { name: "RestError", code: "ECONNREFUSED" }),
    Object.assign(new Error("storage, not the channel"), { statusCode: 404 }),
    new TypeError("a bug"),
    "a string",
  ];
  for (const failure of failures) {
    channel = () => Promise.reject(failure);
    await assert.rejects(delivery.deliver(event()), (error) => error === failure);
  }
  assert.deepEqual([deferred, poisoned], [[], []]);
});

test("where the queue takes neither the copy nor the poison, that is thrown too", async () => {
  channel = () => Promise.reject(answer(429));
  defer = () => Promise.reject(answer(404));
  await assert.rejects(delivery.deliver(event()), { statusCode: 404 });
  defer = async () => false;
  poisoned.push = () => {
    throw new Error("out of reach");
  };
  await assert.rejects(delivery.deliver(event()), /out of reach/);
  channel = () => Promise.reject(answer(403));
  await assert.rejects(delivery.deliver(event()), /out of reach/);
});

test("what takes longer than the function's patience is a failure, and is said once although the function brings it back", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  let finish = () => {};
  channel = (text) => new Promise((resolve) => (finish = () => resolve(void said.push(text))));
  const behind = { relatesTo, text: "behind" };
  const slow = assert.rejects(delivery.deliver(event(undefined, "slow")), /longer than 6000 ms/);
  const waiting = assert.rejects(delivery.deliver(event(behind, "behind")), /longer than 6000 ms/);
  await new Promise(setImmediate);
  t.mock.timers.tick(6_000);
  await Promise.all([slow, waiting]);

  channel = async (text) => void said.push(text);
  const again = delivery.deliver(event(undefined, "slow"));
  finish();
  await again;
  await delivery.deliver(event(behind, "behind"));
  const once = ["This is coming back from the trigger! hello", "This is coming back from the trigger! behind"];
  assert.deepEqual(said, once);
  await delivery.deliver(event(behind, "behind"));
  assert.deepEqual(said, once);
  t.mock.timers.tick(10 * 60_000);
  await delivery.deliver(event(behind, "behind"));
  assert.equal(said.length, 3, "ten minutes later it is forgotten");
});

test("a send that failed is tried anew", async () => {
  channel = () => Promise.reject(new Error("no token"));
  await assert.rejects(delivery.deliver(event()), /no token/);
  channel = async (text) => void said.push(text);
  await delivery.deliver(event());
  assert.equal(said.length, 1);
});

test("the log holds ids and reasons, never what was said", async () => {
  for (const status of [undefined, 403, 429]) {
    if (status) channel = () => Promise.reject(answer(status));
    await delivery.deliver(event({ relatesTo, text: "ulterior" }));
  }
  await delivery.deliver(event({ relatesTo: { ...relatesTo, channelId: "ulterior" }, text: "ulterior" }));
  await delivery.deliver(event("ulterior"));
  assert.equal(log.mock.callCount(), 5);
  assert.doesNotMatch(logged(), /ulterior/);
});

const opening = "Welcome to the course! Three short questions, so that it suits you.";

test("a message starts the dialog that it names, or else the one that its text stands for, to the letter", async () => {
  const starts: [object, RegExp][] = [
    [{ text: "", dialog: "newSurvey" }, /^Welcome to the course!/],
    [{ text: "hello", dialog: "oldSurvey" }, /^You have been with the course/],
    [{ text: "new", dialog: "oldSurvey" }, /^You have been with the course/],
    [{ text: "new" }, /^Welcome to the course!/],
    [{ text: "new", dialog: null }, /^Welcome to the course!/],
    [{ text: "old" }, /^You have been with the course/],
    [{ text: "", dialog: "" }, /^How is the learning going\?/],
    [{ text: "old", dialog: "learner" }, /^How is the learning going\?/],
    ...["New", " new", "new ", "news", "", "constructor", "__proto__"].map((text): [object, RegExp] => [
      { text },
      new RegExp(`^This is coming back from the trigger! ${text}$`),
    ]),
  ];
  for (const [index, [fields, first]] of starts.entries()) {
    said = [];
    const conversation = { id: `conversation ${index}` };
    await delivery.deliver(event({ relatesTo: { ...relatesTo, conversation }, ...fields }, `id ${index}`));
    assert.match(said[0] ?? "", first, JSON.stringify(fields));
  }
  assert.deepEqual([deferred, poisoned], [[], []]);
});

test("a dialog that nobody knows is set aside, and the reason names the field and what is known, not what was asked for", async () => {
  for (const dialog of ["ulterior", "newsurvey", "new", " ", "constructor"]) {
    poisoned = [];
    log.mock.resetCalls();
    const message = event({ relatesTo, text: "new", dialog });
    await delivery.deliver(message);
    assert.deepEqual(poisoned, [message.Message]);
    const known = '\\"newSurvey\\", \\"oldSurvey\\", \\"learner\\", \\"\\" for \\"learner\\"';
    assert(logged().includes(`"reason":"InvalidMessage: dialog is not one of this bot's: ${known}"`), logged());
    assert.doesNotMatch(logged(), /ulterior/);
  }
  assert.deepEqual(said, []);
});

test("a dialog is begun once, however many messages start it", async () => {
  for (const id of ["1", "2", "3"]) await delivery.deliver(event({ relatesTo, text: "new" }, id));
  await Promise.all(
    ["4", "5", "6"].map((id) => delivery.deliver(event({ relatesTo, text: "", dialog: "newSurvey" }, id))),
  );
  assert.equal(said.filter((text) => text === opening).length, 1);
  assert.equal(said.length, 2, "the opening and the first question");
  assert.match(logged(), /"event":"dialog started","id":"1","dialog":"newSurvey"/);
  assert.match(logged(), /"event":"dialog had begun already","id":"6","dialog":"newSurvey"/);
  assert.deepEqual([deferred, poisoned], [[], []]);
});

test("a dialog whose first words the channel did not take has not begun: the next try begins it", async () => {
  const take = channel;
  let calls = 0;
  for (const [failing, status] of [
    [1, 429],
    [2, 503],
  ]) {
    [calls, said, deferred] = [0, [], []];
    channel = (text) => (++calls === failing ? Promise.reject(answer(status as number)) : take(text));
    await delivery.deliver(event({ relatesTo, text: "new" }));
    assert.equal(deferred.length, 1);
  }
  said = [];
  channel = take;
  await delivery.deliver(event({ relatesTo, text: "new" }));
  assert.equal(said[0], opening);
  assert.equal(said.length, 2);
});

test("after a crash between storing and saying, the same message asks again, and another one does not", async () => {
  await delivery.deliver(event({ relatesTo, text: "new" }));
  const restarted = () => new ConversationTurns();
  const adapter = (delivery as unknown as { adapter: ChannelAdapter }).adapter;
  for (const [id, expected] of [
    ["2", 0],
    ["1", 1],
  ] as const) {
    said = [];
    const again = new ProactiveDelivery(adapter, {} as MessageQueue, restarted(), "the app id", testDialogs(storage));
    await again.deliver(event({ relatesTo, text: "new" }, id));
    assert.equal(said.length, expected);
  }
  assert.match(said[0] ?? "", /^How much do you know/);
});

test("a state that is out of reach is thrown, so that the function tries again; one that is too large is set aside", async () => {
  for (const failure of [
    new TableUnreachable("table botstate: gone"),
    Object.assign(new Error("x"), { statusCode: 404 }),
  ]) {
    storage.read = () => Promise.reject(failure);
    await assert.rejects(delivery.deliver(event({ relatesTo, text: "new" })), (error) => error === failure);
  }
  assert.deepEqual([said, deferred, poisoned], [[], [], []]);
  storage.read = () => Promise.reject(new ItemTooLarge("c", {}));
  await delivery.deliver(event({ relatesTo, text: "new" }));
  assert.equal(poisoned.length, 1);
});
