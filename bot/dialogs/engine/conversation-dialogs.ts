import { setTimeout as sleep } from "node:timers/promises";
import type { Activity, TurnContext } from "botbuilder";
import { activityKey } from "../../channel/activity-key";
import { log, reason } from "../../log";
import type { Change, ItemStore } from "../../state/item-store";
import type { Conversation } from "../../state/references";
import type { Dialog, Reply } from "./dialog";
import type { DialogRegistry } from "./dialog-registry";
import { type ConversationMemory, DialogStack } from "./dialog-stack";
import { type Handled, remembering } from "./handled";

/**
 * Milliseconds that a turn has for sending its answer: as long as a call to a channel may take. A turn that gets the same
 * activity again waits for the rest of this time, and then sends the answer itself.
 */
const sayLimit = 12_000;

/** Milliseconds between two looks whether the other turn has sent its answer. */
const lookAgain = 1_000;

/** The outcome for a user's activity. */
export interface Taken {
  /** "queue": no dialog waits for it. */
  by: "dialog" | "queue";
  /** Whether its channel has delivered it before. */
  isAgain: boolean;
  /** Forgets the activity: if its channel delivers it again, it is handled as new. */
  giveBack(): Promise<void>;
}

/** The outcome, with the answer to send. */
interface Finding extends Pick<Taken, "by" | "isAgain"> {
  said: Partial<Activity>[];
  /** Milliseconds until the turn that handles it has failed. */
  wait?: number;
}

/**
 * The dialogs of every conversation. What they have to say is said once the conversation's state is stored, so that who
 * loses a race has said nothing; where it cannot be said, the state goes back to what it was.
 */
export class ConversationDialogs {
  constructor(
    private readonly store: ItemStore<ConversationMemory>,
    readonly registry: DialogRegistry,
  ) {}

  /**
   * Begins a dialog in the turn's conversation, unless it has begun already.
   * @param messageId of the message that starts it @param before said first
   */
  async start(context: TurnContext, dialog: Dialog, messageId: string, before?: Partial<Activity>): Promise<void> {
    const { activity } = context;
    const change = await this.store.change(keyOf(activity), async (memory) => {
      const stack = new DialogStack(this.registry, memory, activity.from?.id);
      const spoke = await stack.start(dialog, messageId);
      return { spoke, said: before && spoke ? [before, ...stack.said] : stack.said };
    });
    await this.say(context, change);
    log("info", change.result.spoke ? "dialog started" : "dialog had begun already", {
      id: messageId,
      dialog: dialog.name,
    });
  }

  /**
   * Hands the user's reply to the conversation's dialog, once for each activity. Teams delivers an activity again after 15 s
   * without an answer (github.com/MicrosoftDocs/msteams-docs/issues/6084), and by then another question may be open.
   * @throws the error of the state or the channel; the activity is then new when it is delivered again
   */
  async take(context: TurnContext, reply: Reply): Promise<Taken> {
    const { activity } = context;
    const key = activityKey(activity);
    const change = await this.takeOn(activity, key, reply);
    await this.say(context, change);
    if (key && change.result.said.length > 0) await this.markSaid(activity, key);
    const { by, isAgain } = change.result;
    return { by, isAgain, giveBack: change.undo };
  }

  /** Asks the open question again if it has suggested actions, which a message has just hidden. */
  async restoreButtons(context: TurnContext): Promise<void> {
    const { activity } = context;
    const change = await this.store.change(keyOf(activity), async (memory) => {
      const stack = new DialogStack(this.registry, memory);
      await stack.restoreButtons();
      return { said: stack.said };
    });
    await this.say(context, change);
  }

  /** Ends the open dialogs of a conversation. Confirmed answers are kept. */
  async end(conversation: Conversation): Promise<void> {
    await this.store.change(keyOf(conversation), async (memory) => {
      delete memory.dialogs;
      for (const activity of memory.handled ?? []) delete activity.saying;
    });
  }

  private async takeOn(activity: Activity, key: string | undefined, reply: Reply): Promise<Change<Finding>> {
    for (;;) {
      const change = await this.store.change(keyOf(activity), async (memory) => {
        return findAgain(memory, key) ?? (await this.answer(memory, activity, key, reply));
      });
      if (change.result.wait === undefined) return change;
      await sleep(Math.min(change.result.wait, lookAgain));
    }
  }

  private async answer(
    memory: ConversationMemory,
    { from }: Activity,
    key: string | undefined,
    reply: Reply,
  ): Promise<Finding> {
    const stack = new DialogStack(this.registry, memory, from?.id);
    const isAnswered = await stack.answer(reply);
    const { said } = stack;
    const fate = isAnswered ? { saying: sayingNow(said) } : { isForQueue: true as const };
    if (key) memory.handled = remembering(memory.handled, { key, ...fate });
    return { by: isAnswered ? "dialog" : "queue", isAgain: false, said };
  }

  /** If this fails and the activity is delivered again, its answer is sent twice. */
  private async markSaid(activity: Activity, key: string): Promise<void> {
    const mark = this.store.change(keyOf(activity), async ({ handled }) => {
      delete handled?.find((one) => one.key === key)?.saying;
    });
    await mark.catch((error) => log("warn", "answer not recorded as sent", { reason: reason(error) }));
  }

  /** @throws what the channel threw */
  private async say(context: TurnContext, { result, undo }: Change<{ said: Partial<Activity>[] }>): Promise<void> {
    try {
      for (const message of result.said) await context.sendActivity(message);
    } catch (error) {
      await undo().catch((failure) => log("error", "state not put back", { reason: reason(failure) }));
      throw error;
    }
  }
}

/** The outcome for an activity that was delivered before. An answer that was not sent in time is sent by this turn. */
function findAgain({ handled }: ConversationMemory, key: string | undefined): Finding | undefined {
  const known = handled?.find((one) => one.key === key);
  if (!known) return undefined;
  const { isForQueue, saying } = known;
  const finding: Finding = { by: isForQueue ? "queue" : "dialog", isAgain: true, said: [] };
  if (!saying) return finding;
  const wait = Math.min(Date.parse(saying.since) + sayLimit - Date.now(), sayLimit);
  if (wait > 0) return { ...finding, wait };
  known.saying = sayingNow(saying.answer);
  return { ...finding, said: saying.answer };
}

function sayingNow(answer: Partial<Activity>[]): Handled["saying"] {
  return answer.length === 0 ? undefined : { since: new Date().toISOString(), answer };
}

/** botbuilder's ConversationState has the same. */
function keyOf({ channelId, conversation }: Conversation): string {
  return `${channelId}/conversations/${conversation.id}/`;
}
