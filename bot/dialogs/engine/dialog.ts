import type { Activity } from "botbuilder";

/** What somebody answered to a question: everything that is kept is plain JSON. */
export type Answer = string | number;

/** What somebody answered to a whole dialog. */
export interface Answered {
  /** ISO time. */
  at: string;
  /** The user's id on the channel, where it is known. */
  by?: string;
  answers: Record<string, Answer>;
}

/** A user's answer: in words, by a card, or both. */
export interface Reply {
  /** The user's words or, for a card, the `answer` in its data; empty where there is neither. */
  text: string;
  /** The card's data: its button's `data`, and its inputs by their ids. */
  value?: Record<string, unknown>;
  /** The `verb` of an Action.Execute. */
  verb?: string;
}

/** What a dialog keeps while it runs. */
export type Memory = Record<string, unknown>;

/** A dialog that has begun: what the state holds of it. */
export interface Frame {
  /** The dialog's name. */
  dialog: string;
  /** The id of the message that started it. */
  startedBy: string;
  memory: Memory;
}

/** What a dialog can do in a turn. */
export interface DialogTurn {
  /** The dialog's own, empty at first. */
  readonly memory: Memory;
  /** What was kept when this dialog ended last in this conversation. */
  readonly earlier: Answered | undefined;
  /** Says it when the state is stored: a turn that loses a race runs again, and has said nothing. */
  say(message: string | Partial<Activity>): void;
  /** Keeps the answers for good. */
  keep(answers: Record<string, Answer>): void;
}

/** Whether a dialog waits for the user's next message, or has ended. */
export type Step = "waits" | "ended";

/**
 * A conversation within the conversation, which a queue message or a schedule can start. A turn may run twice (its state
 * is stored once): what it does must go through `turn`, or not mind.
 */
export interface Dialog {
  /** What a queue message's `dialog` says to start it. */
  readonly name: string;
  /** What the user knows it by: "the newcomers' survey". */
  readonly title: string;
  begin(turn: DialogTurn): Step | Promise<Step>;
  /** Takes what the user answers. */
  answer(turn: DialogTurn, reply: Reply): Step | Promise<Step>;
  /** Asks again what is open. */
  repeat(turn: DialogTurn): void | Promise<void>;
}
