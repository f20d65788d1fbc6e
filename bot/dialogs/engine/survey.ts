import { replies, yesNo } from "../../replies";
import type { Answer, Dialog, DialogTurn, Memory, Reply, Step } from "./dialog";
import { type Question, readReply, yesOrNo } from "./question";

export interface SurveyScript {
  name: string;
  title: string;
  keyword?: string;
  /** The message before the first question. */
  opening: string;
  questions: [Question, ...Question[]];
  /** The message after the answers are kept. */
  thanks: string;
}

/** A survey's memory between its questions. */
interface Progress {
  answers: Record<string, Answer>;
  /** The name of the question that is open. */
  open: string;
}

const keep = yesOrNo({ name: "(keep)", label: "", text: replies.keepAnswers });
const confirm = yesOrNo({ name: "(confirm)", label: "", text: replies.isThatRight });

/** Questions one after another, a summary and a confirmation. A user who has answered before may keep those answers. */
export class Survey implements Dialog {
  readonly name: string;
  readonly title: string;
  readonly keyword?: string;

  constructor(private readonly script: SurveyScript) {
    this.name = script.name;
    this.title = script.title;
    this.keyword = script.keyword;
  }

  begin(turn: DialogTurn): Step {
    const { earlier } = turn;
    turn.say(this.script.opening);
    if (!earlier) return this.restart(turn);
    turn.say(replies.answeredBefore(this.summary(earlier.answers)));
    return this.ask(turn, keep);
  }

  answer(turn: DialogTurn, reply: Reply): Step {
    const open = this.open(turn);
    const reading = readReply(open, reply);
    if ("answer" in reading) return this.take(turn, open, reading.answer);
    turn.say(reading.problem);
    return this.ask(turn, open);
  }

  repeat(turn: DialogTurn): void {
    this.ask(turn, this.open(turn));
  }

  private take(turn: DialogTurn, question: Question, answer: Answer): Step {
    const { answers } = progressOf(turn.memory);
    const isYes = answer === yesNo.yes;
    if (question === keep) return isYes ? this.end(turn, replies.earlierAnswersStay) : this.restart(turn);
    if (question === confirm) return isYes ? this.finish(turn, answers) : this.again(turn);
    answers[question.name] = answer;
    const next = this.firstWithout(answers);
    if (next) return this.ask(turn, next);
    turn.say(replies.understood(this.summary(answers)));
    return this.ask(turn, confirm);
  }

  private again(turn: DialogTurn): Step {
    turn.say(replies.askAgain);
    return this.restart(turn);
  }

  private restart(turn: DialogTurn): Step {
    progressOf(turn.memory).answers = {};
    return this.ask(turn, this.script.questions[0]);
  }

  private ask(turn: DialogTurn, question: Question): Step {
    progressOf(turn.memory).open = question.name;
    turn.say(question.prompt);
    return "waits";
  }

  private finish(turn: DialogTurn, answers: Record<string, Answer>): Step {
    turn.keep(answers);
    return this.end(turn, this.script.thanks);
  }

  private end(turn: DialogTurn, words: string): Step {
    turn.say(words);
    return "ended";
  }

  /** The open question. Where a newer version of this app no longer has it, the first one without an answer. */
  private open({ memory }: DialogTurn): Question {
    const { open, answers } = progressOf(memory);
    const known = [...this.script.questions, keep, confirm].find(({ name }) => name === open);
    return known ?? this.firstWithout(answers) ?? confirm;
  }

  private firstWithout(answers: Record<string, Answer>): Question | undefined {
    return this.script.questions.find(({ name }) => !Object.hasOwn(answers, name));
  }

  private summary(answers: Record<string, Answer>): string {
    const answered = this.script.questions.filter(({ name }) => Object.hasOwn(answers, name));
    return answered.map(({ name, label }) => `- ${label}: ${answers[name]}`).join("\n");
  }
}

function progressOf(memory: Memory): Progress {
  memory.answers ??= {};
  return memory as unknown as Progress;
}
