import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import type { Activity, TurnContext } from "botbuilder";
import { replies } from "../../../bot/replies";
import type { TurnHandler } from "../../../bot/turn-handler";
import type { QueueMessage } from "../../../core/message/queue-message";
import { TableUnreachableError } from "../../../core/tables/table";
import { TestConversations } from "../helpers/conversations";
import { newSurvey, TestDialogs } from "../helpers/dialogs";
import { testTurnHandler, turnOf } from "../helpers/turns";

mock.method(console, "log", () => undefined);

const hours = "How many hours do you have?";

let queued: QueueMessage[];
let said: string[];
let conversations: TestConversations;
let dialogs: TestDialogs;
let bot: TurnHandler;
/** The bot as another instance of the app has it, or the same one after a restart. */
let newInstance: () => TurnHandler;

beforeEach(() => {
  [queued, said] = [[], []];
  conversations = new TestConversations();
  dialogs = new TestDialogs(conversations);
  newInstance = () =>
    testTurnHandler({ enqueue: async (message) => void queued.push(message), conversations, dialogs });
  bot = newInstance();
});

function turn(fields: object): TurnContext {
  return turnOf(said, fields);
}

const picture = { contentType: "image/png", contentUrl: "https://example.com/x.png", name: "x.png" };

test("a picture is no answer to a survey's question", async () => {
  await dialogs.start(turn({}), newSurvey, "1");
  said = [];
  await bot.run(turn({ text: undefined, attachments: [picture] }));
  assert.equal(said[0], replies.chooseOne);
  assert.match(said[1] ?? "", /^How much do you know/);
  assert.deepEqual(queued, []);
});

test("an Action.Execute is answered in the way that its channel waits for", async () => {
  const action = { type: "Action.Execute", verb: "rate", data: { answer: "A little" } };
  const invoke = { type: "invoke", name: "adaptiveCard/action", text: undefined, value: { action, trigger: "manual" } };
  await dialogs.start(turn({}), newSurvey, "1");
  said = [];
  for (const expected of [hours, replies.wholeNumber(1, 40)]) {
    const context = turn(invoke);
    const sent: Partial<Activity>[] = [];
    context.sendActivity = async (activity) => void sent.push(activity as Partial<Activity>);
    await bot.run(context);
    assert.equal(sent[0]?.text, expected);
    const { type, value } = sent.at(-1) ?? {};
    assert.equal(type, "invokeResponse");
    assert.deepEqual(value, {
      status: 200,
      body: { statusCode: 200, type: "application/vnd.microsoft.activity.message", value: replies.cardReceived },
    });
  }
  await bot.run(turn({ text: "cancel" }));
  await bot.run(turn(invoke));
  assert.equal(queued[0]?.text, "A little");
});

test("in a dialog, what is brought again does not answer the next question", async () => {
  await dialogs.start(turn({}), newSurvey, "1");
  said = [];
  const again = { id: "the same", text: "1" };
  for (const instance of [bot, bot, newInstance()]) await instance.run(turn(again));
  assert.deepEqual(said, [hours]);
});

test("new does not answer the survey that it has started when it is brought again", async () => {
  const again = { id: "the same", text: "new" };
  await bot.run(turn(again));
  await dialogs.start(turn({}), newSurvey, "1");
  said = [];
  await newInstance().run(turn(again));
  assert.deepEqual(said, []);
});

test("a keyword that a user writes is queued to the letter, whatever is round it; the user hears what they wrote", async () => {
  for (const text of ["\u200bnew\u200f", "New", "new.", "\u00a0OLD ", "news", "a new one", "constructor"]) {
    await bot.run(turn({ text }));
  }
  assert.deepEqual(
    queued.map(({ text }) => text),
    ["new", "new", "new", "old", "news", "a new one", "constructor"],
  );
  assert.equal(said[1], replies.queued("New"));
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
  assert.equal(said.at(-1), hours);
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
  conversations.table.failure = new TableUnreachableError("table botstate: gone");
  await bot.run(turn({ text: "stop" }));
  assert.equal(said.at(-1), replies.optedOut);
});

test("stop and start are answered, also while a dialog waits, and go neither to it nor to the queue", async () => {
  await dialogs.start(turn({ text: "" }), newSurvey, "1");
  const question = said.at(-1);
  said.length = 0;
  await bot.run(turn({ text: "stop" }));
  await bot.run(turn({ text: "start" }));
  assert.deepEqual(said, [replies.optedOut, question, replies.optedIn, question]);
  said.length = 0;
  await bot.run(turn({ text: "help" }));
  assert.equal(said[0], replies.help(newSurvey.title));
  assert.deepEqual(queued, []);
});

test("a message is queued as before where a dialog waits in another conversation, and goes to the dialog where it waits", async () => {
  await dialogs.start(turn({}), newSurvey, "1");
  said = [];
  await bot.run(turn({ text: "new", conversation: { id: "another" } }));
  assert.equal(queued.length, 1);
  assert.deepEqual(said, [replies.queued("new")]);
  said = [];
  await bot.run(turn({ text: "A little" }));
  assert.equal(queued.length, 1);
  assert.deepEqual(said, [hours]);
  await bot.run(turn({ text: "cancel" }));
  await bot.run(turn({ text: "A little" }));
  assert.equal(queued.length, 2);
});
