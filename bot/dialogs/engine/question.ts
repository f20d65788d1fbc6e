import { type Activity, CardFactory, InputHints, MessageFactory } from "botbuilder";
import { asText, keyword, trimmed } from "../../words";
import type { Answer, Reply } from "./dialog";

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

/**
 * Reads the text of a reply or, for a card, the input that has the question's name. A card stays in the conversation, so it
 * may name the `question` that it is for.
 */
export function readReply(question: Question, { text, value = {} }: Reply): Reading {
  const { name } = question;
  if (typeof value.question === "string" && value.question !== name) {
    return { problem: "That question is not open any more. Please answer this one." };
  }
  return question.read(text || asText(Object.hasOwn(value, name) ? value[name] : undefined));
}

type Basics = Pick<Question, "name" | "label"> & { text: string };

/** The longest free text, in characters: state is for answers, not for documents. */
const longestText = 1_000;

/** One of a few answers: buttons where the channel has them, and words or numbers where it has none. */
export function choice({ name, label, text, options }: Basics & { options: string[] }): Question {
  const listed = options.map((option, index) => `${index + 1}. ${option}`).join("\n");
  const prompt = MessageFactory.suggestedActions(options, `${text}\n\n${listed}`, undefined, InputHints.ExpectingInput);
  const read = (said: string): Reading => {
    const word = keyword(said);
    const answer = options.find((option, index) => keyword(option) === word || String(index + 1) === word);
    return answer === undefined ? { problem: "Please choose one of these." } : { answer };
  };
  return { name, label, prompt, read };
}

/** A whole number between two bounds, both included. */
export function wholeNumber({ name, label, text, min, max }: Basics & { min: number; max: number }): Question {
  const read = (said: string): Reading => {
    const digits = keyword(said);
    const number = /^[+-]?\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN;
    if (number >= min && number <= max) return { answer: number };
    return { problem: `Please answer with a whole number from ${min} to ${max}.` };
  };
  return { name, label, prompt: ask(text), read };
}

/** Anything the user cares to write. */
export function freeText({ name, label, text }: Basics): Question {
  const read = (said: string): Reading => {
    const answer = trimmed(said);
    if (!answer) return { problem: "Please write a few words." };
    if (answer.length <= longestText) return { answer };
    return { problem: `Please write at most ${longestText} characters; these were ${answer.length}.` };
  };
  return { name, label, prompt: ask(text), read };
}

/** Yes or no. */
export function yesOrNo(basics: Basics): Question {
  const question = choice({ ...basics, options: ["Yes", "No"] });
  const short = new Map([
    ["y", "Yes"],
    ["n", "No"],
  ]);
  return { ...question, read: (said) => question.read(short.get(keyword(said)) ?? said) };
}

/**
 * The same question with its answers as buttons of an Adaptive Card. Teams shows cards in channels too, where it shows no
 * suggested actions. Direct Line refused cards of version 1.4: github.com/microsoft/BotFramework-Services/issues/300
 */
export function withCard(question: Question, answers: string[]): Question {
  const actions = answers.map((answer) => ({
    type: "Action.Submit",
    title: answer,
    data: { question: question.name, answer },
  }));
  const card = CardFactory.adaptiveCard({ type: "AdaptiveCard", version: "1.3", actions });
  return { ...question, prompt: { ...question.prompt, attachments: [card] } };
}

function ask(text: string): Partial<Activity> {
  return MessageFactory.text(text, undefined, InputHints.ExpectingInput);
}
