import { type Activity, CardFactory, InputHints, MessageFactory } from "botbuilder";
import { replies, yesNo } from "../../replies";
import { asText, keyword, trimmed } from "../../text-forms";
import type { Answer, Reply } from "./dialog";

/** The result of reading a message: an answer, or the problem with it. */
export type Reading = { answer: Answer } | { problem: string };

export interface Question {
  /** The name under which its answer is kept. */
  readonly name: string;
  /** The name of its answer in the summary. */
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
    return { problem: replies.questionClosed };
  }
  return question.read(text || asText(Object.hasOwn(value, name) ? value[name] : undefined));
}

type Basics = Pick<Question, "name" | "label"> & { text: string };

/** The longest free text, in characters: state is for answers, not for documents. */
const longestText = 1_000;

/** One of a few answers: with buttons where the channel has them, and by words or numbers everywhere. */
export function choice({ name, label, text, options }: Basics & { options: string[] }): Question {
  const listed = options.map((option, index) => `${index + 1}. ${option}`).join("\n");
  const prompt = MessageFactory.suggestedActions(options, `${text}\n\n${listed}`, undefined, InputHints.ExpectingInput);
  const read = (said: string): Reading => {
    const word = keyword(said);
    const answer = options.find((option, index) => keyword(option) === word || String(index + 1) === word);
    return answer === undefined ? { problem: replies.chooseOne } : { answer };
  };
  return { name, label, prompt, read };
}

/** A whole number between two bounds, both included. */
export function wholeNumber({ name, label, text, min, max }: Basics & { min: number; max: number }): Question {
  const read = (said: string): Reading => {
    const digits = keyword(said);
    const number = /^[+-]?\d{1,15}$/.test(digits) ? Number(digits) : Number.NaN;
    if (number >= min && number <= max) return { answer: number };
    return { problem: replies.wholeNumber(min, max) };
  };
  return { name, label, prompt: ask(text), read };
}

/** Any text. */
export function freeText({ name, label, text }: Basics): Question {
  const read = (said: string): Reading => {
    const answer = trimmed(said);
    if (!answer) return { problem: replies.fewWords };
    if (answer.length <= longestText) return { answer };
    return { problem: replies.textTooLong(longestText, answer.length) };
  };
  return { name, label, prompt: ask(text), read };
}

/** Yes or no. */
export function yesOrNo(basics: Basics): Question {
  const { yes, no, shortYes, shortNo } = yesNo;
  const question = choice({ ...basics, options: [yes, no] });
  const short = new Map([
    [shortYes, yes],
    [shortNo, no],
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
