import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { type Activity, MemoryStorage, type StoreItems, TestAdapter, type TurnContext } from "botbuilder";
import { readUserMessage } from "../../../bot/channel/user-message";
import { ConversationDialogs, type Taken } from "../../../bot/dialogs/engine/conversation-dialogs";
import { rootDialogs } from "../../../bot/dialogs/index";
import { newSurvey } from "../../../bot/dialogs/new-survey";
import { oldSurvey } from "../../../bot/dialogs/old-survey";
import { ItemStore } from "../../../bot/state/item-store";
import { StateConflictError } from "../../../bot/state/table-storage";

mock.method(console, "log", () => undefined);

/** A storage that is some way off, so that others come in between. */
class FarStorage extends MemoryStorage {
  conflicts = 0;

  override async read(keys: string[]): Promise<StoreItems> {
    await this.away();
    return super.read(keys);
  }

  override async write(changes: StoreItems): Promise<void> {
    await this.away();
    await super.write(changes).catch(() => {
      this.conflicts++;
      throw new StateConflictError(Object.keys(changes).join());
    });
  }

  private async away(): Promise<void> {
    for (let i = Math.floor(Math.random() * 4); i > 0; i--) await setImmediate();
  }
}

let activities = 0;

const opening = "You have been with the course for a while. What do you think of it?";

/** Two instances of the bot, which know nothing of each other but the state, and what they said in one conversation. */
function openConversation(storage: FarStorage, id: string) {
  const said: string[] = [];
  const instances = [1, 2].map(() => new ConversationDialogs(new ItemStore(storage), rootDialogs));
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
  const [one, other] = instances as [ConversationDialogs, ConversationDialogs];
  return { said, turn, one, other };
}

test("an answer, another user's message and a dialog from outside at the same moment in two instances, 500 times", async () => {
  const storage = new FarStorage();
  for (let round = 0; round < 500; round++) {
    const { said, turn, one, other } = openConversation(storage, `c${round}`);
    await turn((context) => one.start(context, newSurvey, "first"), "");
    said.length = 0;
    await Promise.all([
      turn((context) => one.take(context, readUserMessage(context.activity)), "A lot"),
      turn((context) => other.take(context, readUserMessage(context.activity)), "help"),
      turn((context) => other.start(context, oldSurvey, "second"), ""),
      turn((context) => one.start(context, oldSurvey, "third"), ""),
    ]);
    const { dialogs } = (await storage.read([`test/conversations/c${round}/`]))[`test/conversations/c${round}/`];
    const names = dialogs.map(({ dialog }: { dialog: string }) => dialog);
    assert.deepEqual(names, ["newSurvey", "oldSurvey"]);
    assert.equal(said.filter((text) => text === opening).length, 1, "begun once");
    // The answer went to whichever survey was on top, and was either taken or told that it does not fit: never lost.
    const taken = dialogs[0].memory.answers.experience === "A lot";
    const refused = said.includes("Please answer with a whole number from 1 to 5.");
    assert.equal(Number(taken) + Number(refused), 1, said.join("\n"));
    assert.equal(said.filter((text) => text.startsWith("This is the ")).length, 1, "help was given once");
  }
  assert.ok(storage.conflicts > 100, `there were only ${storage.conflicts} races`);
});

test("the same activity at the same moment in two instances is answered once, in a survey and without one", async () => {
  const storage = new FarStorage();
  const rounds = Array.from({ length: 100 }, async (_, round) => {
    const { said, turn, one, other } = openConversation(storage, `same${round}`);
    const isOpen = round % 2 === 0;
    if (isOpen) await turn((context) => one.start(context, newSurvey, "first"), "");
    said.length = 0;
    const taken = await Promise.all(
      [one, other].map(async (instance) => {
        let outcome: Taken | undefined;
        const take = async (context: TurnContext) => {
          context.activity.id = "the same";
          outcome = await instance.take(context, readUserMessage(context.activity));
        };
        await turn(take, "A lot");
        return outcome;
      }),
    );
    assert.deepEqual(taken.map((outcome) => outcome?.isAgain).sort(), [false, true]);
    assert.deepEqual(new Set(taken.map((outcome) => outcome?.by)), new Set([isOpen ? "dialog" : "queue"]));
    assert.deepEqual(said, isOpen ? ["How many hours a week do you have for it?"] : []);
  });
  await Promise.all(rounds);
});
