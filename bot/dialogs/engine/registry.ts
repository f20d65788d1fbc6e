import { InvalidMessageError } from "../../../core/message/invalid-message";
import type { QueueMessage } from "../../../core/message/queue-message";
import { keyword } from "../../words";
import type { Dialog } from "./dialog";

/** The dialogs that a queue message can start. */
export class DialogRegistry {
  private readonly byName: Map<string, Dialog>;
  private readonly byKeyword: Map<string, Dialog>;

  /** @param dialogs the first is the default: an empty `dialog` starts it */
  constructor(dialogs: Dialog[]) {
    const [first] = dialogs;
    this.byName = new Map(dialogs.map((dialog) => [dialog.name, dialog]));
    if (first) this.byName.set("", first);
    this.byKeyword = new Map(dialogs.flatMap((dialog) => (dialog.keyword ? [[dialog.keyword, dialog] as const] : [])));
  }

  get(name: string): Dialog | undefined {
    return this.byName.get(name);
  }

  /** A user's text as it goes on the queue: a keyword in its exact form, any other text unchanged. */
  normalizeKeyword(text: string): string {
    const word = keyword(text);
    return this.byKeyword.has(word) ? word : text;
  }

  /**
   * The dialog that a queue message starts, if it starts one: `dialog` decides and, where it is absent, a `text` that is
   * exactly a keyword, as `switch (message.Text)` did in the 2018 article. A text beside attachments starts nothing.
   * @throws InvalidMessageError for an unknown `dialog`
   */
  startedBy({ dialog, text, attachments }: Pick<QueueMessage, "dialog" | "text" | "attachments">): Dialog | undefined {
    if (dialog === undefined || dialog === null) {
      return attachments ? undefined : this.byKeyword.get(text ?? "");
    }
    const known = this.byName.get(dialog);
    if (known) return known;
    const names = [...this.byName].map(([name, { name: own }]) => (name ? `"${name}"` : `"" for "${own}"`));
    throw new InvalidMessageError("dialog", `is not one of this bot's: ${names.join(", ") || "it has none"}`);
  }
}
