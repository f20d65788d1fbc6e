import type { Activity, TurnContext } from "botbuilder";
import { InvalidMessageError } from "../../../core/message/invalid-message";
import type { QueueMessage } from "../../../core/message/queue-message";
import type { UserMessage } from "../../channel/user-message";
import { log } from "../../log";
import type { Conversation } from "../../state/conversation-store";
import type { ConversationMemory, Conversations, DialogStart, Dialogs } from "../../state/conversations";
import { keyword } from "../../text-forms";
import type { Dialog } from "./dialog";
import { type DialogMemory, DialogStack } from "./stack";

/** The bot's dialogs, in every conversation. */
export class ConversationDialogs implements Dialogs {
  private readonly byName: Map<string, Dialog>;
  private readonly byKeyword: Map<string, Dialog>;

  /** @param dialogs the first is the default: an empty `dialog` starts it */
  constructor(
    private readonly conversations: Conversations,
    dialogs: Dialog[],
  ) {
    const [first] = dialogs;
    this.byName = new Map(dialogs.map((dialog) => [dialog.name, dialog]));
    if (first) this.byName.set("", first);
    this.byKeyword = new Map(dialogs.flatMap((dialog) => (dialog.keyword ? [[dialog.keyword, dialog] as const] : [])));
  }

  /**
   * `dialog` decides and, where it is absent, a `text` that is exactly a keyword, as `switch (message.Text)` did in the 2018
   * article. A text beside attachments starts nothing.
   */
  startedBy({ dialog, text, attachments }: Pick<QueueMessage, "dialog" | "text" | "attachments">) {
    if (dialog !== undefined && dialog !== null) return this.starterOf(this.named(dialog));
    const known = attachments ? undefined : this.byKeyword.get(text ?? "");
    return known && this.starterOf(known);
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
    const word = keyword(text);
    return this.byKeyword.has(word) ? word : text;
  }

  /** @throws InvalidMessageError */
  private named(name: string): Dialog {
    const known = this.byName.get(name);
    if (known) return known;
    const names = [...this.byName].map(([name, { name: own }]) => (name ? `"${name}"` : `"" for "${own}"`));
    throw new InvalidMessageError("dialog", `is not one of this bot's: ${names.join(", ") || "it has none"}`);
  }

  private starterOf(dialog: Dialog): DialogStart {
    return (context, messageId, before) => this.start(context, dialog, messageId, before);
  }

  private stackOf(memory: ConversationMemory, userId?: string): DialogStack {
    return new DialogStack((name) => this.byName.get(name), memory as DialogMemory, userId);
  }
}
