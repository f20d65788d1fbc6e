import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type Activity, TestAdapter, type TurnContext } from "botbuilder";
import type { DialogMemory } from "../../../bot/dialogs/engine/stack";
import { replies } from "../../../bot/replies";
import type { ConversationMemory, Handling } from "../../../bot/state/conversations";
import { TestConversations } from "../helpers/conversations";
import { newSurvey, oldSurvey, TestDialogs } from "../helpers/dialogs";
import { MemoryTable } from "../helpers/memory-table";

mock.method(console, "log", () => undefined);

/** A table that is some way off, so that others come in between. */
class FarTable extends MemoryTable {
  conflicts = 0;

  override async getEntity(...parts: Parameters<MemoryTable["getEntity"]>) {
    await this.away();
    return super.getEntity(...parts);
  }

  override async createEntity(...parts: Parameters<MemoryTable["createEntity"]>): Promise<void> {
    await this.away();
    await this.counted(super.createEntity(...parts));
  }

  override async updateEntity(...parts: Parameters<MemoryTable["updateEntity"]>): Promise<void> {
    await this.away();
    await this.counted(super.updateEntity(...parts));
  }

  private async counted(write: Promise<void>): Promise<void> {
    await write.catch((error) => {
      this.conflicts++;
      throw error;
    });
  }

  private async away(): Promise<void> {
    for (let i = Math.floor(Math.random() * 4); i > 0; i--) await setImmediate();
  }
}

let activities = 0;

const opening = "And what do you think of it?";

/** Two instances of the bot, which know nothing of each other but the state, and what they said in one conversation. */
function openConversation(table: FarTable, id: string) {
  const said: string[] = [];
  const instances = [1, 2].map(() => new TestDialogs(new TestConversations(table)));
  const turn = (logic: (context: TurnContext) => Promise<unknown>, text: string) =>
    new TestAdapter(async (context) => {
      context.activity.conversation.id = id;
      context.activity.id = String(++activities); // a new adapter counts from its beginning
      context.onSendActivities(async (_, activities: Partial<Activity>[]) => {
        said.push(...activities.map((activity) => activity.text ?? ""));
        return activities.map(() => ({ id: "" }));
      });
      await logic(context);
    }).receiveActivity(text);
  const [one, other] = instances as [TestDialogs, TestDialogs];
  return { said, turn, one, other };
}

test("an answer, another user's message and a dialog from outside at the same moment in two instances, 500 times", async () => {
  const table = new FarTable();
  for (let round = 0; round < 500; round++) {
    const { said, turn, one, other } = openConversation(table, `c${round}`);
    await turn((context) => one.start(context, newSurvey, "first"), "");
    said.length = 0;
    await Promise.all([
      turn((context) => one.handle(context), "A lot"),
      turn((context) => other.handle(context), "help"),
      turn((context) => other.start(context, oldSurvey, "second"), ""),
      turn((context) => one.start(context, oldSurvey, "third"), ""),
    ]);
    const conversation = { channelId: "test", conversation: { id: `c${round}` } };
    const { dialogs = [] } = await one.tested.memoryOf<ConversationMemory & DialogMemory>(conversation);
    const names = dialogs.map(({ dialog }) => dialog);
    assert.deepEqual(names, ["newSurvey", "oldSurvey"]);
    assert.equal(said.filter((text) => text === opening).length, 1, "begun once");
    // The answer went to whichever survey was on top, and was either taken or told that it does not fit: never lost.
    const answers = dialogs[0]?.memory.answers as { experience?: string } | undefined;
    const taken = answers?.experience === "A lot";
    const refused = said.includes(replies.wholeNumber(1, 5));
    assert.equal(Number(taken) + Number(refused), 1, said.join("\n"));
    assert.equal(
      said.filter((text) => [newSurvey, oldSurvey].some(({ title }) => text === replies.help(title))).length,
      1,
      "help was given once",
    );
  }
  assert.ok(table.conflicts > 100, `there were only ${table.conflicts} races`);
});

test("the same activity at the same moment in two instances is answered once, in a survey and without one", async () => {
  const table = new FarTable();
  const rounds = Array.from({ length: 100 }, async (_, round) => {
    const { said, turn, one, other } = openConversation(table, `same${round}`);
    const isOpen = round % 2 === 0;
    if (isOpen) await turn((context) => one.start(context, newSurvey, "first"), "");
    said.length = 0;
    const taken = await Promise.all(
      [one, other].map(async (instance) => {
        let outcome: Handling | undefined;
        const take = async (context: TurnContext) => {
          context.activity.id = "the same";
          outcome = await instance.handle(context);
        };
        await turn(take, "A lot");
        return outcome;
      }),
    );
    assert.deepEqual(taken.map((outcome) => outcome?.isAgain).sort(), [false, true]);
    assert.deepEqual(new Set(taken.map((outcome) => outcome?.isAnswered)), new Set([isOpen]));
    assert.deepEqual(said, isOpen ? ["How many hours do you have?"] : []);
  });
  await Promise.all(rounds);
});
