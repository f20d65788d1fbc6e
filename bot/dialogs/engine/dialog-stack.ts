import { type Activity, MessageFactory } from "botbuilder";
import { keyword } from "../../words";
import type { Answered, Dialog, DialogTurn, Frame, Reply, Step } from "./dialog";
import type { DialogRegistry } from "./dialog-registry";
import type { Handled } from "./handled";

/** What the bot remembers of a conversation. Plain JSON. */
export interface ConversationMemory {
  /** The dialogs that have begun; the last one has the user's attention. */
  dialogs?: Frame[];
  /** What was answered last, by dialog. */
  answers?: Record<string, Answered>;
  /** The users' activities that were handled last, the newest at the end. */
  handled?: Handled[];
}

/** The dialogs of one conversation in one turn: the one on top talks, and when it ends the one below goes on. */
export class DialogStack {
  /** What is to be said when the memory is stored. */
  readonly said: Partial<Activity>[] = [];

  /** @param memory is changed in place @param user the id of who speaks, where it is known */
  constructor(
    private readonly registry: DialogRegistry,
    private readonly memory: ConversationMemory,
    private readonly user?: string,
  ) {}

  /**
   * Begins a dialog on top of the others. One that has begun already is not begun again; when the same message brings it
   * (then nobody knows whether its first words arrived), it asks again what is open. False: there was nothing to say.
   */
  async start(dialog: Dialog, messageId: string): Promise<boolean> {
    const top = this.top()?.frame; // before the search: it drops what hides the dialog that has the attention
    const begun = this.frames.find((frame) => frame.dialog === dialog.name);
    if (begun) {
      if (begun !== top || begun.startedBy !== messageId) return false;
      await dialog.repeat(this.turn(begun));
      return true;
    }
    const frame: Frame = { dialog: dialog.name, startedBy: messageId, memory: {} };
    this.frames.push(frame);
    await this.settle(await dialog.begin(this.turn(frame)));
    return true;
  }

  /** Hands the user's answer to the dialog on top. False: there is none. */
  async answer(reply: Reply): Promise<boolean> {
    const top = this.top();
    if (!top) return false;
    const { frame, dialog } = top;
    const word = keyword(reply.text);
    if (word === "cancel") {
      this.say(`I have ended ${dialog.title}; what you answered just now is not kept.`);
      await this.settle("ended");
    } else if (word === "help") {
      this.say(`This is ${dialog.title}. Answer the question, or say "cancel" to end it.`);
      await dialog.repeat(this.turn(frame));
    } else {
      await this.settle(await dialog.answer(this.turn(frame), reply));
    }
    return true;
  }

  /** Asks the open question again if it has suggested actions: channels hide them after the next message. */
  async restoreButtons(): Promise<void> {
    const top = this.top();
    if (!top) return;
    await top.dialog.repeat(this.turn(top.frame));
    if (!this.said.some(({ suggestedActions }) => suggestedActions)) this.said.length = 0;
  }

  private get frames(): Frame[] {
    this.memory.dialogs ??= [];
    return this.memory.dialogs;
  }

  /** The dialog that has the user's attention. What a newer version of this app no longer has is dropped. */
  private top(): { frame: Frame; dialog: Dialog } | undefined {
    for (let frame = this.memory.dialogs?.at(-1); frame; frame = this.frames.at(-1)) {
      const dialog = this.registry.get(frame.dialog);
      if (dialog) return { frame, dialog };
      this.frames.pop();
    }
    return undefined;
  }

  /** A dialog that has ended gives way to the one below it, which asks its question again. */
  private async settle(step: Step): Promise<void> {
    if (step === "waits") return;
    this.frames.pop();
    const below = this.top();
    if (!below) return;
    this.say(`Back to ${below.dialog.title}.`);
    await below.dialog.repeat(this.turn(below.frame));
  }

  private turn({ dialog, memory }: Frame): DialogTurn {
    const at = new Date().toISOString();
    return {
      memory,
      earlier: this.memory.answers?.[dialog],
      say: (message) => this.say(message),
      keep: (answers) => {
        this.memory.answers = { ...this.memory.answers, [dialog]: { at, by: this.user, answers } };
      },
    };
  }

  private say(message: string | Partial<Activity>): void {
    this.said.push(typeof message === "string" ? MessageFactory.text(message) : message);
  }
}
