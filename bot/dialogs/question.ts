import { type Activity, InputHints, MessageFactory } from "botbuilder";
import type { Answer } from "./dialog";

/** What a question makes of a message: an answer, or what is wrong with it. */
export type Reading = { answer: Answer } | { problem: string };

export interface Question {
  /** What its answer is kept as. */
  readonly name: string;
  /** What the summary calls its answer. */
  readonly label: string;
  readonly prompt: Partial<Activity>;
  read(text: string): Reading;
}

type Basics = Pick<Question, "name" | "label"> & { text: string };

/** The longest free text, in characters: state is for answers, not for documents. */
const longestText = 1_000;

/** One of a few answers: buttons where the channel has them, and words or numbers where it has none. */
export function choice({ name, label, text, options }: Basics & { options: string[] }): Question {
  const listed = options.map((option, index) => `${index + 1}. ${option}`).join("\n");
  const prompt = MessageFactory.suggestedActions(options, `${text}\n\n${listed}`, undefined, InputHints.ExpectingInput);
  const read = (said: string): Reading => {
    const word = said.trim().replace(/[.!]$/, "").toLowerCase();
    const answer = options.find((option, index) => option.toLowerCase() === word || String(index + 1) === word);
    return answer === undefined ? { problem: "Please choose one of these." } : { answer };
  };
  return { name, label, prompt, read };
}

/** A whole number between two bounds, both included. */
export function wholeNumber({ name, label, text, min, max }: Basics & { min: number; max: number }): Question {
  const read = (said: string): Reading => {
    const number = /^\s*[+-]?\d{1,15}\s*$/.test(said) ? Number(said) : Number.NaN;
    if (number >= min && number <= max) return { answer: number };
    return { problem: `Please answer with a whole number from ${min} to ${max}.` };
  };
  return { name, label, prompt: ask(text), read };
}

/** Anything the user cares to write. */
export function freeText({ name, label, text }: Basics): Question {
  const read = (said: string): Reading => {
    const answer = said.trim();
    if (!answer) return { problem: "Please write a few words." };
    if (answer.length <= longestText) return { answer };
    return { problem: `Please write at most ${longestText} characters; these were ${answer.length}.` };
  };
  return { name, label, prompt: ask(text), read };
}

/** Yes or no. */
export function yesOrNo(basics: Basics): Question {
  const question = choice({ ...basics, options: ["Yes", "No"] });
  const short: Record<string, string> = { y: "Yes", n: "No" };
  return { ...question, read: (said) => question.read(short[said.trim().toLowerCase()] ?? said) };
}

function ask(text: string): Partial<Activity> {
  return MessageFactory.text(text, undefined, InputHints.ExpectingInput);
}
