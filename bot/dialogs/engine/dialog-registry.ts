import { InvalidMessageError } from "../../../core/message/invalid-message";
import type { QueueMessage } from "../../../core/message/queue-message";
import { keyword } from "../../words";
import type { Dialog } from "./dialog";

interface Registered {
  dialogs: Dialog[];
  /** What an empty `dialog` starts. */
  fallback: Dialog;
  /** What a message's text starts when it is exactly this. */
  byText: Record<string, Dialog>;
}

/** The dialogs that can be started from outside, by name. */
export class DialogRegistry {
  private readonly byName: Map<string, Dialog>;
  private readonly byText: Map<string, Dialog>;

  constructor({ dialogs, fallback, byText }: Registered) {
    this.byName = new Map([...dialogs.map((dialog) => [dialog.name, dialog] as const), ["", fallback]]);
    this.byText = new Map(Object.entries(byText)); // an object's own would also find "constructor"
  }

  get(name: string): Dialog | undefined {
    return this.byName.get(name);
  }

  /** A user's words for the queue: a keyword that starts a dialog in its exact form, anything else unchanged. */
  forQueue(text: string): string {
    const word = keyword(text);
    return this.byText.has(word) ? word : text;
  }

  /**
   * The dialog that a queue message starts, if it starts one: its `dialog` decides, and where it has none its text, to the
   * letter, as `switch (message.Text)` did in the 2018 article. A text beside a card is there to be said.
   * @throws InvalidMessageError for a `dialog` that nobody knows
   */
  startedBy({ dialog, text, attachments }: Pick<QueueMessage, "dialog" | "text" | "attachments">): Dialog | undefined {
    if (dialog === undefined || dialog === null) {
      return attachments ? undefined : this.byText.get(text ?? "");
    }
    const known = this.byName.get(dialog);
    if (known) return known;
    const names = [...this.byName].map(([name, { name: own }]) => (name ? `"${name}"` : `"" for "${own}"`));
    throw new InvalidMessageError("dialog", `is not one of this bot's: ${names.join(", ")}`);
  }
}
