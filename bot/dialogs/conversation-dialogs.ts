import type { Activity, TurnContext } from "botbuilder";
import { log, reason } from "../log";
import type { ItemStore } from "../state/item-store";
import type { Dialog } from "./dialog";
import type { DialogRegistry } from "./dialog-registry";
import { type ConversationMemory, DialogStack } from "./dialog-stack";

/**
 * The dialogs of every conversation. What they have to say is said once the conversation's state is stored, so that who
 * loses a race has said nothing; where it cannot be said, the state goes back to what it was.
 */
export class ConversationDialogs {
  constructor(
    private readonly store: ItemStore<ConversationMemory>,
    readonly registry: DialogRegistry,
  ) {}

  /** Begins a dialog in the turn's conversation, unless it has begun already. @param messageId of the message that starts it */
  async start(context: TurnContext, dialog: Dialog, messageId: string): Promise<void> {
    const spoke = await this.run(context, (stack) => stack.start(dialog, messageId));
    log("info", spoke ? "dialog started" : "dialog had begun already", { id: messageId, dialog: dialog.name });
  }

  /** Hands the turn's message to the conversation's dialog. False: none waits for one. */
  answer(context: TurnContext): Promise<boolean> {
    return this.run(context, (stack) => stack.answer(context.activity.text ?? ""));
  }

  /** @throws what the state or the channel threw */
  private async run<T>(context: TurnContext, work: (stack: DialogStack) => Promise<T>): Promise<T> {
    const { activity } = context;
    const { result, undo } = await this.store.change(keyOf(activity), async (memory) => {
      const stack = new DialogStack(this.registry, memory, activity.from?.id);
      return { done: await work(stack), said: stack.said };
    });
    try {
      for (const message of result.said) await context.sendActivity(message);
    } catch (error) {
      await undo().catch((failure) => log("error", "state not put back", { reason: reason(failure) }));
      throw error;
    }
    return result.done;
  }
}

/** botbuilder's ConversationState has the same. */
function keyOf({ channelId, conversation }: Activity): string {
  return `${channelId}/conversations/${conversation.id}/`;
}
