import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import type { Activity } from "botbuilder";
import type { ProactiveDelivery } from "../../../bot/proactive/delivery";
import { replies } from "../../../bot/replies";
import { MemoryTooLargeError } from "../../../bot/state/conversation-store";
import type { QueueMessage } from "../../../core/message/queue-message";
import { TableUnreachableError } from "../../../core/tables/table";
import { TestConversations } from "../helpers/conversations";
import { TestDeliveries } from "../helpers/deliveries";
import { eventOf as event, testDelivery } from "../helpers/delivery";
import { TestDialogs } from "../helpers/dialogs";

const relatesTo = { conversation: { id: "c" }, channelId: "directline", serviceUrl: "https://example.com/" };
const log = mock.method(console, "log", () => undefined);

let said: string[];
/** The same as activities. */
let sent: Partial<Activity>[];
let deferred: QueueMessage[];
let poisoned: unknown[];
/** What the channel does with what is said. */
let channel: (text: string) => Promise<void>;
let conversations: TestConversations;
let deliveries: TestDeliveries;
let delivery: ProactiveDelivery;

beforeEach(() => {
  [said, sent, deferred, poisoned] = [[], [], [], []];
  channel = async (text) => void said.push(text);
  conversations = new TestConversations();
  forget();
  log.mock.resetCalls();
});

/** Nothing has been delivered. */
function forget(): void {
  deliveries = new TestDeliveries();
  delivery = instance();
}

/** Another instance of the bot, with the same tables. */
function instance(): ProactiveDelivery {
  const world = {
    deliveries,
    dialogs: new TestDialogs(conversations),
    send: async (activity: Partial<Activity>) => {
      await channel(activity.text ?? "");
      sent.push(activity);
    },
    defer: async (message: QueueMessage) => deferred.push(message) > 0,
    poison: async (json: string) => void poisoned.push(json),
  };
  return testDelivery(world).delivery;
}

/** What botbuilder throws for a channel's answer. */
function answer(statusCode: number): Error {
  return Object.assign(new Error("no"), { name: "RestError", statusCode });
}

function logged(): string {
  return log.mock.calls.map((call) => String((call.arguments as unknown[])[0])).join("\n");
}

const opening = "Welcome! Three short questions.";

const other = "And what do you think of it?";
const mood = "How are you?\n\n1. Well\n2. Tired";

test("a message starts the dialog that it names, or else the one that its text stands for, to the letter", async () => {
  const starts: [object, string][] = [
    [{ text: "", dialog: "newSurvey" }, opening],
    [{ text: "hello", dialog: "oldSurvey" }, other],
    [{ text: "new", dialog: "oldSurvey" }, other],
    [{ text: "new" }, opening],
    [{ text: "new", dialog: null }, opening],
    [{ text: "old" }, other],
    [{ text: "", dialog: "" }, mood],
    [{ text: "old", dialog: "checkIn" }, mood],
    ...["New", " new", "new ", "news", "constructor", "__proto__"].map((text): [object, string] => [
      { text },
      replies.proactiveText(text),
    ]),
  ];
  for (const [index, [fields, first]] of starts.entries()) {
    said = [];
    const conversation = { id: `conversation ${index}` };
    await delivery.deliver(event({ relatesTo: { ...relatesTo, conversation }, ...fields }, `id ${index}`));
    assert.equal(said[0], first, JSON.stringify(fields));
  }
  assert.deepEqual([deferred, poisoned], [[], []]);
});

test("a dialog that nobody knows is set aside, and the reason names the field and what is known, not what was asked for", async () => {
  for (const dialog of ["ulterior", "newsurvey", "new", " ", "constructor"]) {
    poisoned = [];
    forget();
    log.mock.resetCalls();
    const message = event({ relatesTo, text: "new", dialog });
    await delivery.deliver(message);
    assert.deepEqual(poisoned, [message.json]);
    const known = '\\"checkIn\\", \\"newSurvey\\", \\"oldSurvey\\", \\"\\" for \\"checkIn\\"';
    assert(logged().includes(`"reason":"InvalidMessageError: dialog is not one of this bot's: ${known}"`), logged());
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

const card = {
  contentType: "application/vnd.microsoft.card.adaptive",
  content: { type: "AdaptiveCard", version: "1.3" },
};

test("the attachments of a message that starts a dialog are said before the dialog, once", async () => {
  const message = { relatesTo, dialog: "newSurvey", attachments: [card] };
  for (const id of ["1", "1", "2"]) await delivery.deliver(event(message, id));
  assert.deepEqual(sent[0]?.attachments, [card]);
  assert.deepEqual(said.slice(0, 2), ["", opening]);
  assert.equal(said.length, 3);
});

test("a message in the middle of a survey is followed by the open question, with its buttons, once", async () => {
  await delivery.deliver(event({ relatesTo, text: "new" }, "1"));
  const question = sent[1];
  [said, sent] = [[], []];
  for (const id of ["2", "2", "2"]) await delivery.deliver(event({ relatesTo, text: "News" }, id));
  assert.deepEqual(said, [replies.proactiveText("News"), question?.text]);
  assert.deepEqual(sent[1]?.suggestedActions, question?.suggestedActions);
  said = [];
  await delivery.deliver(event({ relatesTo: { ...relatesTo, conversation: { id: "other" } }, text: "News" }, "3"));
  assert.equal(said.length, 1, "elsewhere nothing is open");
});

test("a message is delivered although the open question cannot be asked again", async () => {
  await delivery.deliver(event({ relatesTo, text: "new" }, "1"));
  let calls = 0;
  channel = () => (++calls === 2 ? Promise.reject(answer(429)) : Promise.resolve());
  await delivery.deliver(event({ relatesTo, text: "News" }, "2"));
  assert.equal(calls, 2);
  channel = async (text) => void said.push(text);
  conversations.table.failure = new TableUnreachableError("table botstate: gone");
  await delivery.deliver(event({ relatesTo, text: "News" }, "3"));
  assert.deepEqual([deferred, poisoned], [[], []]);
  assert.deepEqual(
    deliveries.rows.map(({ status }) => status),
    ["delivered", "delivered", "delivered"],
  );
  assert.match(logged(), /"level":"warn","event":"buttons not shown again","id":"3","reason":"TableUnreachableError/);
});

test("after a crash between storing and saying, the same message asks again, and another one does not", async () => {
  await delivery.deliver(event({ relatesTo, text: "new" }));
  for (const [id, expected] of [
    ["2", 0],
    ["1", 1],
  ] as const) {
    said = [];
    deliveries = new TestDeliveries(); // whose claim has ended
    await instance().deliver(event({ relatesTo, text: "new" }, id));
    assert.equal(said.length, expected);
  }
  assert.match(said[0] ?? "", /^How much do you know/);
});

test("a state that is out of reach is thrown, so that the function tries again; one that is too large is set aside", async () => {
  for (const failure of [
    new TableUnreachableError("table botstate: gone"),
    Object.assign(new Error("x"), { statusCode: 404 }),
  ]) {
    conversations.table.failure = failure;
    await assert.rejects(delivery.deliver(event({ relatesTo, text: "new" })), (error) => error === failure);
  }
  assert.deepEqual([said, deferred, poisoned], [[], [], []]);
  conversations.table.failure = new MemoryTooLargeError("c", {});
  await delivery.deliver(event({ relatesTo, text: "new" }));
  assert.equal(poisoned.length, 1);
});
