import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { type Activity, TestAdapter, type TurnContext } from "botbuilder";
import type { Dialog, Reply, Step } from "../../../bot/dialogs/engine/dialog";
import type { DialogMemory } from "../../../bot/dialogs/engine/stack";
import { replies } from "../../../bot/replies";
import type { ConversationMemory, Handling } from "../../../bot/state/conversations";
import { eventually } from "../../harness/eventually";
import { TestConversations } from "../helpers/conversations";
import { checkIn, newSurvey, oldSurvey, TestDialogs } from "../helpers/dialogs";
import { MemoryTable } from "../helpers/memory-table";

const log = mock.method(console, "log", () => undefined);
const conversation = { channelId: "test", conversation: { id: "Convo1" } };

let conversations: TestConversations;
let dialogs: TestDialogs;
let starts: number;
let activities = 0;
beforeEach(() => {
  conversations = new TestConversations();
  dialogs = new TestDialogs(conversations);
  starts = 0;
  log.mock.resetCalls();
});

type Logic = (context: TurnContext) => Promise<void>;

/** A turn of the one conversation of these tests; returns what the bot said in it. */
async function turn(logic: Logic, text = ""): Promise<Partial<Activity>[]> {
  const adapter = new TestAdapter(async (context) => {
    context.activity.id = String(++activities); // a new adapter counts from its beginning
    await logic(context);
  });
  await adapter.receiveActivity(text);
  return [...adapter.activeQueue];
}

function start(dialog: Dialog, id = `message ${++starts}`): Promise<Partial<Activity>[]> {
  return turn((context) => dialogs.start(context, dialog, id));
}

/** What the bot answers, or "queued" where no dialog waits. */
async function say(text: string): Promise<string[]> {
  const said = await turn(async (context) => {
    if (!(await dialogs.handle(context)).isAnswered) await context.sendActivity("queued");
  }, text);
  return texts(said);
}

function texts(activities: Partial<Activity>[]): string[] {
  return activities.map(({ text }) => text ?? "");
}

function memory(): Promise<ConversationMemory & DialogMemory> {
  return conversations.memoryOf(conversation);
}

const questions = {
  experience: "How much do you know already?\n\n1. Nothing yet\n2. A little\n3. A lot",
  hours: "How many hours do you have?",
  goal: "What would you like to do?",
  recommend: "Would you recommend it?\n\n1. Yes\n2. No",
  right: `${replies.isThatRight}\n\n1. Yes\n2. No`,
  keep: `${replies.keepAnswers}\n\n1. Yes\n2. No`,
};
const opening = "Welcome! Three short questions.";
const thanks = "Thank you for the answers.";
const mood = "How are you?\n\n1. Well\n2. Tired";
const help = replies.help(newSurvey.title);
const summary = "- Experience: A little\n- Hours a week: 3\n- Goal: Speak **freely** 👋🏽";
const answers = { experience: "A little", hours: 3, goal: "Speak **freely** 👋🏽" };

async function answerNewSurvey(): Promise<void> {
  for (const text of ["A little", "3", " Speak **freely** 👋🏽 ", "yes"]) await say(text);
}

test("a survey asks, sums up, lets the user confirm and keeps the answers", async () => {
  assert.deepEqual(texts(await start(newSurvey)), [opening, questions.experience]);
  assert.deepEqual(await say("a little"), [questions.hours]);
  assert.deepEqual(await say("3"), [questions.goal]);
  assert.deepEqual(await say(" Speak **freely** 👋🏽 "), [replies.understood(summary), questions.right]);
  assert.deepEqual(await say("Yes"), [thanks]);
  const { dialogs: open, answers: kept } = await memory();
  assert.deepEqual(open, []);
  assert.deepEqual(kept?.newSurvey?.answers, answers);
  assert.equal(kept?.newSurvey?.by, "user1");
  assert(Math.abs(Date.parse(kept?.newSurvey?.at ?? "") - Date.now()) < 60_000);
  assert.deepEqual(await say("a little"), ["queued"], "and then nothing waits any more");
});

test("the other survey works alike", async () => {
  await start(oldSurvey);
  for (const text of ["5", "n", "Nothing!", "y"]) await say(text);
  assert.deepEqual((await memory()).answers?.oldSurvey?.answers, { rating: 5, recommend: "No", change: "Nothing!" });
});

test("a choice has buttons that say its options, for whoever answers by hand there are numbers", async () => {
  const [, question] = await start(newSurvey);
  assert.deepEqual(
    question?.suggestedActions?.actions.map(({ type, title, value }) => [type, title, value]),
    ["Nothing yet", "A little", "A lot"].map((option) => ["imBack", option, option]),
  );
  for (const text of ["A lot", "a LOT ", "3", "A lot.", "a lot!"]) {
    await say("cancel");
    await start(newSurvey);
    assert.deepEqual(await say(text), [questions.hours], text);
    assert.deepEqual((await memory()).dialogs?.[0]?.memory.answers, { experience: "A lot" });
  }
});

test("an answer that does not fit is told what would, and is asked again", async () => {
  await start(newSurvey);
  for (const text of ["", "a", "4", "0", "A lot of it", "1, 2"]) {
    assert.deepEqual(await say(text), [replies.chooseOne, questions.experience], text);
  }
  await say("1");
  for (const text of ["", "three", "0", "41", "-3", "3.5", "1e1", "3 4", "9".repeat(400), "NaN", "Infinity"]) {
    assert.deepEqual(await say(text), [replies.wholeNumber(1, 40), questions.hours], text);
  }
  await say("+40");
  assert.deepEqual(await say(" \n "), [replies.fewWords, questions.goal]);
  assert.deepEqual(await say("x".repeat(1_001)), [replies.textTooLong(1000, 1001), questions.goal]);
  await say("x".repeat(1_000));
  assert.deepEqual(await say("maybe"), [replies.chooseOne, questions.right]);
});

test("who does not confirm is asked all again, and nothing of before is kept", async () => {
  await start(newSurvey);
  for (const text of ["1", "1", "x"]) await say(text);
  assert.deepEqual(await say("no"), [replies.askAgain, questions.experience]);
  assert.equal((await memory()).answers, undefined);
  await answerNewSurvey();
  assert.deepEqual((await memory()).answers?.newSurvey?.answers, answers);
});

test("a second run offers to keep the earlier answers", async () => {
  await start(newSurvey);
  await answerNewSurvey();
  const before = await memory();
  const offer = [opening, replies.answeredBefore(summary), questions.keep];
  assert.deepEqual(texts(await start(newSurvey)), offer);
  assert.deepEqual(await say("hm"), [replies.chooseOne, questions.keep]);
  assert.deepEqual(await say("yes"), [replies.earlierAnswersStay]);
  assert.deepEqual((await memory()).answers, before.answers);
  assert.deepEqual((await memory()).dialogs, []);

  assert.deepEqual(texts(await start(newSurvey)), offer);
  assert.deepEqual(await say("no"), [questions.experience]);
  for (const text of ["A lot", "40", "Teach it", "yes"]) await say(text);
  assert.deepEqual((await memory()).answers?.newSurvey?.answers, { experience: "A lot", hours: 40, goal: "Teach it" });
});

test("cancel ends a survey at any question, and what was kept before stays", async () => {
  await start(newSurvey);
  await answerNewSurvey();
  for (const said of [[], ["no"], ["no", "1"], ["no", "1", "1"], ["no", "1", "1", "x"]]) {
    await start(newSurvey);
    for (const text of said) await say(text);
    assert.deepEqual(await say(" Cancel "), [replies.cancelled(newSurvey.title)]);
    assert.deepEqual((await memory()).answers?.newSurvey?.answers, answers);
    assert.deepEqual(await say("cancel"), ["queued"]);
  }
});

test("help says what this is and asks again, and is no answer", async () => {
  await start(newSurvey);
  await say("1");
  assert.deepEqual(await say("HELP"), [help, questions.hours]);
  assert.deepEqual(await say("7"), [questions.goal]);
});

test("a dialog that is started during another comes on top, and then the other goes on", async () => {
  await start(newSurvey);
  await say("1");
  assert.equal(texts(await start(oldSurvey))[0], "And what do you think of it?");
  await say("5");
  assert.deepEqual(texts(await start(checkIn)), [mood]);
  assert.deepEqual(await say("Well"), ["I see.", replies.backTo(oldSurvey.title), questions.recommend]);
  assert.deepEqual(await say("cancel"), [
    replies.cancelled(oldSurvey.title),
    replies.backTo(newSurvey.title),
    questions.hours,
  ]);
  for (const text of ["3", "x", "yes"]) await say(text);
  assert.deepEqual((await memory()).answers?.newSurvey?.answers, { experience: "Nothing yet", hours: 3, goal: "x" });
  assert.deepEqual(Object.keys((await memory()).answers ?? {}).sort(), ["checkIn", "newSurvey"]);
});

test("one that has begun is not begun again, neither on top nor below another", async () => {
  await start(newSurvey);
  await say("1");
  assert.deepEqual(await start(newSurvey), []);
  await start(oldSurvey);
  assert.deepEqual(await start(newSurvey), []);
  assert.deepEqual(await start(newSurvey, "message 1"), [], "below another even its own message is no reason");
  await say("cancel");
  assert.deepEqual(await say("7"), [questions.goal]);
  assert.deepEqual(texts(await start(newSurvey, "message 1")), [questions.goal], "its own message, brought again");
  assert.equal((await memory()).dialogs?.length, 1);
});

test("a message without text is an answer that does not fit", async () => {
  await start(newSurvey);
  const said = await turn(async (context) => {
    delete (context.activity as Partial<Activity>).text;
    await dialogs.handle(context);
  });
  assert.deepEqual(texts(said), [replies.chooseOne, questions.experience]);
});

test("every conversation has its own dialogs, also where channels use the same id", async () => {
  await start(newSurvey);
  for (const fields of [{ conversation: { id: "other" } }, { channelId: "webchat" }]) {
    const said = await turn(async (context) => {
      Object.assign(context.activity, fields);
      assert.equal((await dialogs.handle(context)).isAnswered, false);
    }, "1");
    assert.deepEqual(said, []);
  }
  assert.deepEqual(await say("1"), [questions.hours]);
});

test("where nobody waits for an answer nothing of what is said is stored", async () => {
  assert.deepEqual(await say("hello"), ["queued"]);
  const { handled, ...rest } = await memory();
  assert.deepEqual(rest, {});
  assert.match(handled?.[0]?.key ?? "", /^[\w-]{43}$/);
  assert.doesNotMatch(JSON.stringify(handled), /hello/);
});

test("a newer version goes on with what an older one left, and lets go of what it no longer has", async () => {
  const frame = (dialog: string, memory: object) => ({ dialog, startedBy: "1", memory });
  const state = (...frames: object[]) => conversations.remember(conversation, { dialogs: frames });
  await state(frame("newSurvey", { open: "a question of old", answers: { experience: "A lot", gone: 1 } }));
  assert.deepEqual(await say("help"), [help, questions.hours]);
  await state(frame("newSurvey", { open: "hours", answers: { experience: "A lot" } }), frame("goneSurvey", {}));
  assert.deepEqual(await say("3"), [questions.goal]);
  await state(frame("goneSurvey", {}));
  assert.deepEqual(await say("3"), ["queued"]);
  assert.deepEqual((await memory()).dialogs, []);
});

test("a dialog that is gone does not hide the one below it from the message that began it", async () => {
  await start(newSurvey, "the message");
  const [begun] = (await memory()).dialogs ?? [];
  await conversations.remember(conversation, {
    dialogs: [begun, { dialog: "goneSurvey", startedBy: "2", memory: {} }],
  });
  assert.deepEqual(texts(await start(newSurvey, "the message")), [questions.experience]);
  assert.deepEqual((await memory()).dialogs, [begun]);
});

test("what cannot be said has not happened", async () => {
  await start(newSurvey);
  const before = JSON.stringify(await memory());
  const fails = turn(async (context) => {
    context.sendActivity = () => Promise.reject(new Error("gone"));
    await dialogs.handle(context);
  }, "1");
  await assert.rejects(fails, /gone/);
  assert.equal(JSON.stringify(await memory()), before);
  assert.deepEqual(await say("1"), [questions.hours], "so the same answer fits again");
});

test("a turn that loses a race says nothing of what it would have said", async () => {
  class Raced extends MemoryTable {
    before?: () => Promise<unknown>;
    override async createEntity(...parts: Parameters<MemoryTable["createEntity"]>): Promise<void> {
      const { before } = this;
      this.before = undefined;
      await before?.();
      await super.createEntity(...parts);
    }
  }
  const raced = new Raced();
  const two = [1, 2].map(() => new TestDialogs(new TestConversations(raced)));
  const starting = (index: number) => turn(async (context) => two[index]?.start(context, newSurvey, `by ${index}`));
  let winner: Partial<Activity>[] = [];
  raced.before = async () => (winner = await starting(1));
  assert.deepEqual(await starting(0), []);
  assert.deepEqual(texts(winner), [opening, questions.experience]);
  const { dialogs: begun } = (await two[0]?.tested.memoryOf<DialogMemory & ConversationMemory>(conversation)) ?? {};
  assert.equal(begun?.length, 1);
});

test("a dialog may do its work asynchronously, and one that fails leaves no trace", async () => {
  let fails = false;
  const slow: Dialog = {
    name: "slow",
    title: "the slow one",
    begin: async (turn): Promise<Step> => {
      turn.memory.step = await Promise.resolve(1);
      turn.say("begun");
      return "waits";
    },
    answer: async (turn, { text }): Promise<Step> => {
      turn.say("heard");
      if (fails) throw new Error("in the dialog");
      turn.keep({ text: await Promise.resolve(text) });
      return "ended";
    },
    repeat: async (turn) => turn.say("again"),
  };
  dialogs = new TestDialogs(conversations, [slow]);
  assert.deepEqual(texts(await start(slow)), ["begun"]);
  fails = true;
  await assert.rejects(say("x"), /in the dialog/);
  fails = false;
  assert.deepEqual(await say("y"), ["heard"]);
  assert.deepEqual((await memory()).answers?.slow?.answers, { text: "y" });
});

test("the log holds which dialog began by which message, and not a word of what was said", async () => {
  await start(newSurvey);
  for (const text of ["1", "7", "ulterior", "yes"]) await say(text);
  const lines = log.mock.calls.map((call) => String((call.arguments as unknown[])[0])).join("\n");
  assert.match(lines, /"event":"dialog started","id":"message 1","dialog":"newSurvey"/);
  assert.doesNotMatch(lines, /ulterior|Nothing yet/);
});

/** What another instance of the bot says to an activity that was brought to the first one before. */
async function sayAgain(text: string, id: string, other = new TestDialogs(conversations)) {
  let handling: Handling | undefined;
  const adapter = new TestAdapter(async (context) => {
    context.activity.id = id;
    handling = await other.handle(context);
  });
  await adapter.receiveActivity(text);
  const { isAnswered, isAgain } = handling ?? {};
  return { said: texts([...adapter.activeQueue]), isAnswered, isAgain };
}

test("an activity that is brought again is handled once, also by another instance, and answers no later question", async () => {
  await start(newSurvey);
  assert.deepEqual(await sayAgain("1", "a"), { said: [questions.hours], isAnswered: true, isAgain: false });
  const before = await memory();
  assert.deepEqual(await sayAgain("1", "a"), { said: [], isAnswered: true, isAgain: true });
  assert.deepEqual(await memory(), before);
  await sayAgain("7", "b");
  assert.deepEqual(await sayAgain("1", "a"), { said: [], isAnswered: true, isAgain: true });
  assert.deepEqual(await sayAgain("7", "c"), {
    said: [replies.understood("- Experience: Nothing yet\n- Hours a week: 7\n- Goal: 7"), questions.right],
    isAnswered: true,
    isAgain: false,
  });
});

test("what was said before a dialog began is no answer to it when it is brought again", async () => {
  assert.deepEqual(await sayAgain("1", "a"), { said: [], isAnswered: false, isAgain: false });
  await start(newSurvey);
  assert.deepEqual(await sayAgain("1", "a"), { said: [], isAnswered: false, isAgain: true });
  assert.deepEqual(await sayAgain("1", "b"), { said: [questions.hours], isAnswered: true, isAgain: false });
});

test("an activity without an id is handled whenever it comes", async () => {
  await start(newSurvey);
  for (let i = 0; i < 2; i++) {
    assert.deepEqual((await sayAgain("?", "")).said, [replies.chooseOne, questions.experience]);
  }
  assert.equal((await memory()).handled, undefined);
});

test("what was stored but never said, because the bot ended, is said when the activity is brought again", async () => {
  await start(newSurvey);
  const ends = new TestAdapter(async (context) => {
    context.activity.id = "a";
    context.sendActivity = () => new Promise(() => {}); // the process ends here
    await dialogs.handle(context);
  });
  void ends.receiveActivity("1");
  await eventually("the answer in the state", async () => Boolean((await memory()).handled?.[0]?.saying));
  const { handled: [handled] = [], ...rest } = await memory();
  const justNow = new Date(Date.now() - 11_700).toISOString();
  await conversations.remember(conversation, {
    ...rest,
    handled: [{ ...handled, saying: { ...handled?.saying, since: justNow } }],
  });
  const twice = await Promise.all([sayAgain("1", "a"), sayAgain("1", "a")].map((one) => one.catch(() => undefined)));
  assert.deepEqual(
    twice.flatMap((one) => one?.said ?? []),
    [questions.hours],
  );
  assert.deepEqual((await memory()).handled, [{ key: handled?.key }]);
});

test("what could not be said is handled anew when it is brought again", async () => {
  await start(newSurvey);
  const fails = new TestAdapter(async (context) => {
    context.activity.id = "a";
    context.sendActivity = () => Promise.reject(new Error("gone"));
    await dialogs.handle(context);
  });
  await assert.rejects(fails.receiveActivity("1"), /gone/);
  assert.deepEqual(await sayAgain("1", "a"), { said: [questions.hours], isAnswered: true, isAgain: false });
});

test("the state remembers the last twenty activities", async () => {
  for (let i = 0; i < 30; i++) await sayAgain("hello", `${i}`);
  assert.equal((await memory()).handled?.length, 20);
  assert.equal((await sayAgain("hello", "10")).isAgain, true);
  assert.equal((await sayAgain("hello", "9")).isAgain, false);
});

test("where a conversation ends nothing is open any more, and what was answered is kept", async () => {
  await start(newSurvey);
  await answerNewSurvey();
  await start(oldSurvey);
  await dialogs.end(conversation);
  assert.deepEqual(await say("5"), ["queued"]);
  const { answers: kept, dialogs: open } = await memory();
  assert.deepEqual(kept?.newSurvey?.answers, answers);
  assert.equal(open, undefined);
  const { length } = conversations.table.rows;
  await dialogs.end({ channelId: "test", conversation: { id: "never seen" } });
  assert.equal(conversations.table.rows.length, length);
});

test("buttons that a message has taken away are shown again, once; a question without buttons and a card stay as they are", async () => {
  const restore = () => turn((context) => dialogs.restoreButtons(context));
  assert.deepEqual(await restore(), []);
  await start(newSurvey);
  const [again, ...more] = await restore();
  assert.equal(again?.text, questions.experience);
  assert.equal(again?.suggestedActions?.actions.length, 3);
  assert.deepEqual(more, []);
  await say("1");
  assert.deepEqual(await restore(), []);
  await start(oldSurvey);
  assert.deepEqual(await restore(), []);
});

test("marks that nobody sees, spaces and a full stop round a choice, a number or a keyword do not matter", async () => {
  const wrapped = (text: string) => [
    `\u200b${text}\u200f`,
    `\u00a0${text}\u00a0`,
    `\u2067${text}\u2069.`,
    ` ${text} ! `,
    `\ufeff${text}?`,
  ];
  for (const text of [...wrapped("a little"), "A\u00a0little", "A  little", "２", "2.", "\u200e2"]) {
    await start(newSurvey);
    assert.deepEqual(await say(text), [questions.hours], JSON.stringify(text));
    for (const number of wrapped("3")) {
      assert.deepEqual(await say(number), [questions.goal], JSON.stringify(number));
      assert.deepEqual((await memory()).dialogs?.[0]?.memory.answers, { experience: "A little", hours: 3 });
      await say("cancel");
      await start(newSurvey);
      await say("a little");
    }
    await say("cancel");
  }
  await start(newSurvey);
  for (const word of wrapped("Help")) assert.equal((await say(word))[0], help);
  for (const word of wrapped("Cancel")) {
    assert.equal((await say(word))[0], replies.cancelled(newSurvey.title), JSON.stringify(word));
    await start(newSurvey);
  }
});

test("neither invisible marks nor the names of an object's own members are an answer", async () => {
  await start(newSurvey);
  for (const text of ["constructor", "__proto__", "\u200b", "\u200e\u00a0"]) {
    assert.deepEqual(await say(text), [replies.chooseOne, questions.experience], text);
  }
  for (const text of ["1", "1"]) await say(text);
  assert.deepEqual(await say("\u200b \u2060"), [replies.fewWords, questions.goal]);
  assert.deepEqual(await say("\u200bx\u00a0"), [
    replies.understood("- Experience: Nothing yet\n- Hours a week: 1\n- Goal: x"),
    questions.right,
  ]);
  for (const text of ["constructor", "toString", "__proto__"]) {
    assert.deepEqual(await say(text), [replies.chooseOne, questions.right], text);
  }
});

/** What the bot answers to what a card submits. */
async function submit(value: unknown, fields: object = {}): Promise<string[]> {
  const said = await turn(async (context) => {
    Object.assign(context.activity, { text: undefined, value, ...fields });
    await dialogs.handle(context);
  });
  return texts(said);
}

test("a card answers a question by its answer, or by the input that has the question's name", async () => {
  const asked = await start(oldSurvey);
  const [card] = asked[1]?.attachments ?? [];
  assert.equal(card?.contentType, "application/vnd.microsoft.card.adaptive");
  const submitted = card?.content.actions.map(({ data }: { data: unknown }) => data);
  assert.deepEqual(submitted[4], { question: "rating", answer: "5" });
  assert.deepEqual(await submit(submitted[4]), [questions.recommend]);
  assert.deepEqual(await submit(submitted[0]), [replies.questionClosed, questions.recommend]);
  assert.deepEqual(await submit({ recommend: "yes" }), ["What should change?"]);
  for (const value of [{}, { answer: {} }, { answer: null }, [], { change: ["x"] }, null, true]) {
    assert.equal((await submit(value))[0], replies.fewWords, JSON.stringify(value));
  }
  assert.match((await submit({ answer: 7 }))[0] ?? "", /To be changed: 7$/);
});

test("an Action.Execute answers as an Action.Submit does, and a dialog of one's own sees its verb and data", async () => {
  const replies: Reply[] = [];
  const own: Dialog = {
    name: "own",
    title: "my own",
    begin: () => "waits",
    answer: (_turn, reply) => {
      replies.push(reply);
      return "waits";
    },
    repeat: () => {},
  };
  dialogs = new TestDialogs(conversations, [own]);
  await start(own);
  const action = { type: "Action.Execute", id: "1", verb: "approve", data: { answer: "yes", amount: 3 } };
  await submit({ action, trigger: "manual" }, { type: "invoke", name: "adaptiveCard/action" });
  await submit({ amount: 4 });
  await submit({ a: 1 }, { text: "approved" });
  assert.deepEqual(
    replies.map(({ text, value, verb }) => ({ text, value, verb })),
    [
      { text: "yes", value: { answer: "yes", amount: 3 }, verb: "approve" },
      { text: "", value: { amount: 4 }, verb: undefined },
      { text: "approved", value: { a: 1 }, verb: undefined },
    ],
  );
});
