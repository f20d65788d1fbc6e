import type { Activity } from "botbuilder";
import type { UserMessage } from "../../channel/user-message";

/** A user's answer to a question. Everything that is kept is plain JSON. */
export type Answer = string | number;

/** A user's answers to a whole dialog. */
export interface Answered {
  /** ISO time. */
  at: string;
  /** The user's id on the channel, where it is known. */
  by?: string;
  answers: Record<string, Answer>;
}

/** A user's answer: in words, by a card, or both. */
export type Reply = Pick<UserMessage, "text" | "value" | "verb">;

/** A dialog's own data while it runs. */
export type Memory = Record<string, unknown>;

/** A dialog that has begun, as the conversation's memory holds it. */
export interface Frame {
  /** The dialog's name. */
  dialog: string;
  /** The id of the message that started it. */
  startedBy: string;
  memory: Memory;
}

/** The abilities of a dialog in a turn. */
export interface DialogTurn {
  /** The dialog's own, empty at first. */
  readonly memory: Memory;
  /** The answers that this dialog kept last in this conversation. */
  readonly earlier: Answered | undefined;
  /** Sends a message after the memory is stored: a turn that loses a race runs again, and has sent nothing. */
  say(message: string | Partial<Activity>): void;
  /** Keeps the answers for good. */
  keep(answers: Record<string, Answer>): void;
}

/** Whether a dialog waits for the user's next message, or has ended. */
export type Step = "waits" | "ended";

/**
 * A conversation within the conversation, which a queue message or a schedule can start. A turn may run twice while its
 * memory is stored once: everything it does must go through `turn`, or be safe to repeat.
 */
export interface Dialog {
  /** The `dialog` of a queue message that starts it. */
  readonly name: string;
  /** Its name for users: "the newcomers' survey". */
  readonly title: string;
  /** The text of a queue message that starts it too, in lower case. */
  readonly keyword?: string;
  begin(turn: DialogTurn): Step | Promise<Step>;
  answer(turn: DialogTurn, reply: Reply): Step | Promise<Step>;
  /** Asks the open question again. */
  repeat(turn: DialogTurn): void | Promise<void>;
}
