import { setTimeout as sleep } from "node:timers/promises";
import type { Activity, TurnContext } from "botbuilder";
import { InvalidMessageError } from "../../core/message/invalid-message";
import type { QueueMessage } from "../../core/message/queue-message";
import { activityKey, type UserMessage } from "../channel/user-message";
import { log, reason } from "../log";
import type { Change, Conversation, ConversationStore } from "./conversation-store";

/**
 * Milliseconds that a turn has for sending its answer: the limit of a call to a channel. A turn that gets the same activity
 * again waits for the rest of this time, and then sends the answer itself.
 */
const sendLimit = 12_000;

/** Milliseconds between two checks whether the other turn has sent its answer. */
const checkInterval = 1_000;

/** The number of activities that a conversation remembers. Channels deliver an activity again within a minute. */
const rememberedActivities = 20;

/** The memory of a conversation. Plain JSON; `bot/dialogs/` adds fields of its own. */
export interface ConversationMemory {
  /** The users' activities that were handled last, the newest at the end. */
  handled?: HandledActivity[];
}

interface HandledActivity {
  /** Its `activityKey`. */
  key: string;
  /** No dialog waited for it, so `on-message.ts` handles it. */
  isForQueue?: true;
  /** The answer of a dialog until it has been sent, and since when a turn has been sending it (ISO 8601). */
  saying?: { since: string; answer: Partial<Activity>[] };
}

/** How a user's activity was handled. */
export interface Handling {
  /** Whether a dialog has answered it. */
  isAnswered: boolean;
  /** Whether its channel has delivered it before. */
  isAgain: boolean;
  /** Forgets the activity: if its channel delivers it again, it is handled as new. */
  undo(): Promise<void>;
}

/** The same, with the messages that this turn has to send. */
interface Decision extends Pick<Handling, "isAnswered" | "isAgain"> {
  messages: Partial<Activity>[];
  /** Milliseconds to wait for the turn that is sending the answer. */
  wait?: number;
}

/** The use that the rest of the bot makes of dialogs. `bot/dialogs/` implements it; a bot without dialogs has `noDialogs`. */
export interface Dialogs {
  /** A function that starts the dialog a queue message asks for, if it asks for one. @throws InvalidMessageError for an unknown `dialog` */
  startedBy(message: Pick<QueueMessage, "dialog" | "text" | "attachments">): DialogStart | undefined;
  /** Lets the open dialog answer a user's message; undefined: no dialog is open. */
  answer(memory: ConversationMemory, message: UserMessage, userId?: string): Promise<Partial<Activity>[] | undefined>;
  /** Asks the open question again if it has suggested actions, which every later message hides. */
  restoreButtons(context: TurnContext): Promise<void>;
  /** Ends the open dialogs of a conversation. */
  end(conversation: Conversation): Promise<void>;
  /** A user's text as it goes on the queue: a keyword that starts a dialog in its exact form, any other text unchanged. */
  normalizeKeyword(text: string): string;
}

/** @param messageId of the queue message @param before is sent before the dialog's first question */
export type DialogStart = (context: TurnContext, messageId: string, before?: Partial<Activity>) => Promise<void>;

/** A bot without dialogs. */
export const noDialogs: Dialogs = {
  startedBy({ dialog }) {
    if (dialog === undefined || dialog === null) return undefined;
    throw new InvalidMessageError("dialog", "is not known: this bot has no dialogs");
  },
  answer: async () => undefined,
  restoreButtons: async () => {},
  end: async () => {},
  normalizeKeyword: (text) => text,
};

/**
 * Answers in conversations: the memory is stored first and the messages are sent afterwards, so a turn that loses a race has
 * sent nothing. When the channel does not take the messages, the memory is restored.
 */
export class Conversations {
  constructor(private readonly store: ConversationStore<ConversationMemory>) {}

  /** Changes the memory of a conversation; no message is sent. */
  async change(conversation: Conversation, work: (memory: ConversationMemory) => Promise<void>): Promise<void> {
    await this.store.change(conversation, work);
  }

  /** Changes the memory of the turn's conversation, then sends the messages. @throws the error of the table or the channel */
  async send<T extends { messages: Partial<Activity>[] }>(
    context: TurnContext,
    work: (memory: ConversationMemory) => Promise<T>,
  ): Promise<T> {
    const change = await this.store.change(context.activity, work);
    await this.sendMessages(context, change);
    return change.result;
  }

  /**
   * Answers a user's activity once. Teams delivers an activity again after 15 s without an answer
   * (github.com/MicrosoftDocs/msteams-docs/issues/6084), and by then another question may be open.
   * @param answer resolves to the answer of a dialog, or undefined when no dialog is open
   * @throws the error of the table or the channel; the activity is then new when it is delivered again
   */
  async handle(
    context: TurnContext,
    answer: (memory: ConversationMemory) => Promise<Partial<Activity>[] | undefined>,
  ): Promise<Handling> {
    const { activity } = context;
    const key = activityKey(activity);
    const change = await this.decide(activity, key, answer);
    await this.sendMessages(context, change);
    if (key && change.result.messages.length > 0) await this.markSent(activity, key);
    const { isAnswered, isAgain } = change.result;
    return { isAnswered, isAgain, undo: change.undo };
  }

  /** Waits while another turn is sending the answer to the same activity. */
  private async decide(
    activity: Activity,
    key: string | undefined,
    answer: (memory: ConversationMemory) => Promise<Partial<Activity>[] | undefined>,
  ): Promise<Change<Decision>> {
    for (;;) {
      const change = await this.store.change(activity, async (memory) => {
        return decideAgain(memory, key) ?? decideNew(memory, key, await answer(memory));
      });
      if (change.result.wait === undefined) return change;
      await sleep(Math.min(change.result.wait, checkInterval));
    }
  }

  /** If this fails and the activity is delivered again, its answer is sent twice. */
  private async markSent(activity: Activity, key: string): Promise<void> {
    const mark = this.store.change(activity, async ({ handled }) => {
      delete handled?.find((one) => one.key === key)?.saying;
    });
    await mark.catch((error) => log("warn", "answer not recorded as sent", { reason: reason(error) }));
  }

  private async sendMessages(
    context: TurnContext,
    { result, undo }: Change<{ messages: Partial<Activity>[] }>,
  ): Promise<void> {
    try {
      for (const message of result.messages) await context.sendActivity(message);
    } catch (error) {
      await undo().catch((failure) => log("error", "state not put back", { reason: reason(failure) }));
      throw error;
    }
  }
}

function decideNew(memory: ConversationMemory, key: string | undefined, answer?: Partial<Activity>[]): Decision {
  const messages = answer ?? [];
  const outcome = answer ? { saying: sendingNow(messages) } : { isForQueue: true as const };
  if (key) memory.handled = [...(memory.handled ?? []), { key, ...outcome }].slice(-rememberedActivities);
  return { isAnswered: Boolean(answer), isAgain: false, messages };
}

/** For an activity that was delivered before. An answer that was not sent in time is sent by this turn. */
function decideAgain({ handled }: ConversationMemory, key: string | undefined): Decision | undefined {
  const known = handled?.find((one) => one.key === key);
  if (!known) return undefined;
  const { isForQueue, saying } = known;
  const decision: Decision = { isAnswered: !isForQueue, isAgain: true, messages: [] };
  if (!saying) return decision;
  const wait = Math.min(Date.parse(saying.since) + sendLimit - Date.now(), sendLimit);
  if (wait > 0) return { ...decision, wait };
  known.saying = sendingNow(saying.answer);
  return { ...decision, messages: saying.answer };
}

function sendingNow(answer: Partial<Activity>[]): HandledActivity["saying"] {
  return answer.length === 0 ? undefined : { since: new Date().toISOString(), answer };
}
