import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, mock, test } from "node:test";
import { type Activity, TestAdapter, type TurnContext } from "botbuilder";
import type { Dialog } from "../../../bot/dialogs/engine/dialog";
import type { DialogMemory } from "../../../bot/dialogs/engine/stack";
import { dialogs as ownDialogs } from "../../../bot/dialogs/index";
import { keywords } from "../../../bot/replies";
import type { ConversationMemory } from "../../../bot/state/conversations";
import { keyword } from "../../../bot/text-forms";
import { projectRoot } from "../../../infra/deploy/package/cache";
import { TestConversations } from "../helpers/conversations";
import { TestDialogs } from "../helpers/dialogs";

mock.method(console, "log", () => undefined);

let conversations: TestConversations;
let dialogs: TestDialogs;
let activities = 0;
beforeEach(() => {
  conversations = new TestConversations();
  dialogs = new TestDialogs(conversations, ownDialogs);
});

/** What the bot says in a turn. */
async function turn(logic: (context: TurnContext) => Promise<unknown>, text = ""): Promise<Partial<Activity>[]> {
  const adapter = new TestAdapter(async (context) => {
    context.activity.id = String(++activities); // a new adapter counts from its beginning
    await logic(context);
  });
  await adapter.receiveActivity(text);
  return [...adapter.activeQueue];
}

function start(dialog: Dialog): Promise<Partial<Activity>[]> {
  return turn((context) => dialogs.start(context, dialog, `${++activities}`));
}

async function say(...texts: string[]): Promise<void> {
  for (const text of texts) await turn((context) => dialogs.handle(context), text);
}

async function answersOf(name: string): Promise<Record<string, unknown> | undefined> {
  const of = { channelId: "test", conversation: { id: "Convo1" } };
  return (await conversations.memoryOf<ConversationMemory & DialogMemory>(of)).answers?.[name]?.answers;
}

function named(name: string): Dialog {
  const found = ownDialogs.find((dialog) => dialog.name === name);
  assert.ok(found, name);
  return found;
}

test("each of the bot's dialogs has a name and a keyword of its own, begins, and asks its open question again", async () => {
  assert.equal(new Set(ownDialogs.map(({ name }) => name)).size, ownDialogs.length);
  const words = ownDialogs.flatMap((dialog) => dialog.keyword ?? []);
  assert.equal(new Set([...words, ...Object.values(keywords)]).size, words.length + Object.keys(keywords).length);
  for (const word of words) assert.equal(keyword(word), word);
  for (const dialog of ownDialogs) {
    conversations = new TestConversations();
    dialogs = new TestDialogs(conversations, ownDialogs);
    const question = (await start(dialog)).at(-1);
    let isOpen = false; // a dialog may end at once
    const again = await turn(async (context) => {
      isOpen = (await dialogs.handle(context)).isAnswered;
    }, keywords.help);
    if (isOpen) assert.deepEqual(wordsOf(again.at(-1)), wordsOf(question), dialog.name);
  }
});

function wordsOf(activity: Partial<Activity> | undefined): unknown[] {
  return [activity?.text, activity?.attachments];
}

test("the new learners' survey keeps its answers", async () => {
  await start(named("newSurvey"));
  await say("a little", "3", "Speak freely", "yes");
  assert.deepEqual(await answersOf("newSurvey"), { experience: "A little", hours: 3, goal: "Speak freely" });
});

test("the survey on the course so far keeps its answers", async () => {
  await start(named("oldSurvey"));
  await say("5", "n", "Nothing!", "y");
  assert.deepEqual(await answersOf("oldSurvey"), { rating: 5, recommend: "No", change: "Nothing!" });
});

test("Teams suggests the words that start the surveys", () => {
  const manifest = JSON.parse(readFileSync(path.join(projectRoot, "teams/manifest.json"), "utf8"));
  const titles = manifest.bots[0].commandLists[0].commands.map(({ title }: { title: string }) => title);
  for (const name of ["newSurvey", "oldSurvey"]) assert.ok(titles.includes(named(name).keyword), name);
});

test("the learner's check-in is the default dialog, and asks who is stuck where", async () => {
  assert.equal(ownDialogs[0]?.name, "learner");
  await start(named("learner"));
  await say("so so");
  assert.equal(await answersOf("learner"), undefined);
  await say("I am stuck", keywords.help, "In the middle");
  assert.deepEqual(await answersOf("learner"), { progress: "I am stuck", obstacle: "In the middle" });
  await start(named("learner"));
  await say("Well");
  assert.deepEqual(await answersOf("learner"), { progress: "Well" });
});
