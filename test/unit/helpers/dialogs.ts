import type { TurnContext } from "botbuilder";
import { readUserMessage } from "../../../bot/channel/user-message";
import { ConversationDialogs } from "../../../bot/dialogs/engine/conversation-dialogs";
import type { Dialog } from "../../../bot/dialogs/engine/dialog";
import { choice, freeText, readReply, wholeNumber, withCard, yesOrNo } from "../../../bot/dialogs/engine/question";
import { Survey } from "../../../bot/dialogs/engine/survey";
import type { Handling } from "../../../bot/state/conversations";
import { TestConversations } from "./conversations";

/** Dialogs of these tests: the bot's own may change. */
export const newSurvey = new Survey({
  name: "newSurvey",
  title: "the newcomers' survey",
  keyword: "new",
  opening: "Welcome! Three short questions.",
  questions: [
    choice({
      name: "experience",
      label: "Experience",
      text: "How much do you know already?",
      options: ["Nothing yet", "A little", "A lot"],
    }),
    wholeNumber({ name: "hours", label: "Hours a week", text: "How many hours do you have?", min: 1, max: 40 }),
    freeText({ name: "goal", label: "Goal", text: "What would you like to do?" }),
  ],
  thanks: "Thank you for the answers.",
});

const rating = wholeNumber({ name: "rating", label: "Rating", text: "How good is it?", min: 1, max: 5 });

export const oldSurvey = new Survey({
  name: "oldSurvey",
  title: "the other survey",
  keyword: "old",
  opening: "And what do you think of it?",
  questions: [
    withCard(rating, ["1", "2", "3", "4", "5"]),
    yesOrNo({ name: "recommend", label: "Recommended", text: "Would you recommend it?" }),
    freeText({ name: "change", label: "To be changed", text: "What should change?" }),
  ],
  thanks: "Thank you.",
});

const mood = choice({ name: "mood", label: "Mood", text: "How are you?", options: ["Well", "Tired"] });

/** The default dialog. */
export const checkIn: Dialog = {
  name: "checkIn",
  title: "the check-in",
  begin(turn) {
    turn.say(mood.prompt);
    return "waits";
  },
  answer(turn, reply) {
    const reading = readReply(mood, reply);
    if ("problem" in reading) {
      turn.say(reading.problem);
      return "waits";
    }
    turn.keep({ mood: reading.answer });
    turn.say("I see.");
    return "ended";
  },
  repeat(turn) {
    turn.say(mood.prompt);
  },
};

/** One instance of a bot's dialogs, and its conversations. */
export class TestDialogs extends ConversationDialogs {
  readonly tested: TestConversations;

  constructor(conversations = new TestConversations(), dialogs: Dialog[] = [checkIn, newSurvey, oldSurvey]) {
    super(conversations, dialogs);
    this.tested = conversations;
  }

  /** Handles the activity of a turn as `TurnHandler` does. */
  handle(context: TurnContext): Promise<Handling> {
    const { activity } = context;
    return this.tested.handle(context, (memory) => this.answer(memory, readUserMessage(activity), activity.from?.id));
  }
}
