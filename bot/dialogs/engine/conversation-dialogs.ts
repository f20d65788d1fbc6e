import type { Activity, TurnContext } from "botbuilder";
import type { QueueMessage } from "../../../core/message/queue-message";
import type { UserMessage } from "../../channel/user-message";
import { log } from "../../log";
import type { Conversation } from "../../state/conversation-store";
import type { ConversationMemory, Conversations, DialogStart, Dialogs } from "../../state/conversations";
import type { Dialog } from "./dialog";
import { DialogRegistry } from "./registry";
import { type DialogMemory, DialogStack } from "./stack";

/** The dialogs of every conversation. */
export class ConversationDialogs implements Dialogs {
  private readonly registry: DialogRegistry;

  /** @param dialogs the first is the default */
  constructor(
    private readonly conversations: Conversations,
    dialogs: Dialog[],
  ) {
    this.registry = new DialogRegistry(dialogs);
  }

  startedBy(message: Pick<QueueMessage, "dialog" | "text" | "attachments">): DialogStart | undefined {
    const dialog = this.registry.startedBy(message);
    return dialog && ((context, messageId, before) => this.start(context, dialog, messageId, before));
  }

  /** Starts a dialog in the turn's conversation, unless it has begun already. The parameters are those of `DialogStart`. */
  async start(context: TurnContext, dialog: Dialog, messageId: string, before?: Partial<Activity>): Promise<void> {
    const { isStarted } = await this.conversations.send(context, async (memory) => {
      const stack = this.stackOf(memory, context.activity.from?.id);
      const isStarted = await stack.start(dialog, messageId);
      return { isStarted, messages: before && isStarted ? [before, ...stack.messages] : stack.messages };
    });
    log("info", isStarted ? "dialog started" : "dialog had begun already", { id: messageId, dialog: dialog.name });
  }

  async answer(memory: ConversationMemory, message: UserMessage, userId?: string) {
    const stack = this.stackOf(memory, userId);
    return (await stack.answer(message)) ? stack.messages : undefined;
  }

  async restoreButtons(context: TurnContext): Promise<void> {
    await this.conversations.send(context, async (memory) => {
      const stack = this.stackOf(memory);
      await stack.restoreButtons();
      return { messages: stack.messages };
    });
  }

  /** Confirmed answers are kept. */
  async end(conversation: Conversation): Promise<void> {
    await this.conversations.change(conversation, async (memory) => {
      this.stackOf(memory).end();
      for (const activity of memory.handled ?? []) delete activity.saying;
    });
  }

  normalizeKeyword(text: string): string {
    return this.registry.normalizeKeyword(text);
  }

  private stackOf(memory: ConversationMemory, userId?: string): DialogStack {
    return new DialogStack(this.registry, memory as DialogMemory, userId);
  }
}
