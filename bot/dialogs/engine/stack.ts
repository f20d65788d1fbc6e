import { type Activity, MessageFactory } from "botbuilder";
import { keywords, replies } from "../../replies";
import { keyword } from "../../text-forms";
import type { Answered, Dialog, DialogTurn, Frame, Reply, Step } from "./dialog";

/** The dialogs' part of a conversation's memory. Plain JSON. */
export interface DialogMemory {
  /** The dialogs that have begun; the last one is open. */
  dialogs?: Frame[];
  /** The answers of the last run of each dialog. */
  answers?: Record<string, Answered>;
}

/** The dialogs of one conversation in one turn: the one on top talks, and when it ends the one below continues. */
export class DialogStack {
  /** The messages to send after the memory is stored. */
  readonly messages: Partial<Activity>[] = [];

  /** @param find a dialog by its name @param memory is changed in place @param user the sender's id, where it is known */
  constructor(
    private readonly find: (name: string) => Dialog | undefined,
    private readonly memory: DialogMemory,
    private readonly user?: string,
  ) {}

  /**
   * Starts a dialog on top of the others. A dialog that has begun already is not started again; when the same queue message
   * comes again, and it is unknown whether the first question arrived, the dialog asks its open question again.
   * False: nothing is to be sent.
   */
  async start(dialog: Dialog, messageId: string): Promise<boolean> {
    const top = this.top()?.frame; // before the search: it drops unknown dialogs above the open one
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

  /** Passes the user's answer to the open dialog. False: no dialog is open. */
  async answer(reply: Reply): Promise<boolean> {
    const top = this.top();
    if (!top) return false;
    const { frame, dialog } = top;
    const word = keyword(reply.text);
    if (word === keywords.cancel) {
      this.say(replies.cancelled(dialog.title));
      await this.settle("ended");
    } else if (word === keywords.help) {
      this.say(replies.help(dialog.title));
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
    if (!this.messages.some(({ suggestedActions }) => suggestedActions)) this.messages.length = 0;
  }

  /** Ends all open dialogs. */
  end(): void {
    delete this.memory.dialogs;
  }

  private get frames(): Frame[] {
    this.memory.dialogs ??= [];
    return this.memory.dialogs;
  }

  /** The open dialog. Dialogs that a newer version of this app no longer has are dropped. */
  private top(): { frame: Frame; dialog: Dialog } | undefined {
    for (let frame = this.memory.dialogs?.at(-1); frame; frame = this.frames.at(-1)) {
      const dialog = this.find(frame.dialog);
      if (dialog) return { frame, dialog };
      this.frames.pop();
    }
    return undefined;
  }

  /** When a dialog ends, the one below it asks its question again. */
  private async settle(step: Step): Promise<void> {
    if (step === "waits") return;
    this.frames.pop();
    const below = this.top();
    if (!below) return;
    this.say(replies.backTo(below.dialog.title));
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
    this.messages.push(typeof message === "string" ? MessageFactory.text(message) : message);
  }
}
