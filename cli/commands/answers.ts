import type { Command } from "commander";
import { type Answered, answersIn } from "../answers";
import type { Desk } from "../desk";
import { perform } from "../perform";
import type { Report } from "../report";
import { textTable } from "../text-table";

const examples = `
What users confirmed last, by conversation and dialog, the newest first.

Examples:
  npm run cli -- answers
  npm run cli -- answers --dialog newSurvey
  npm run --silent cli -- answers --user USER --json
`;

interface AnswersOptions {
  dialog?: string;
  user?: string;
}

export function addAnswers(program: Command): void {
  program
    .command("answers")
    .description("what people answered in dialogs")
    .option("--dialog <NAME>", "only that dialog's")
    .option("--user <USER>", "only that user's")
    .addHelpText("after", examples)
    .action((options: AnswersOptions, command: Command) => perform(command, (desk) => answers(desk, options)));
}

async function answers(desk: Desk, { dialog, user }: AnswersOptions): Promise<Report> {
  const rows = await desk.state.all<Record<string, unknown>>();
  const chosen = rows
    .flatMap(answersIn)
    .filter((one) => dialog === undefined || one.dialog === dialog)
    .filter((one) => user === undefined || one.userId === user)
    .sort((a, b) => b.at.localeCompare(a.at));
  return { text: chosen.length ? table(chosen) : "No answers yet.", data: { answers: chosen } };
}

function table(all: Answered[]): string {
  const titles = ["TIME", "DIALOG", "USER", "CHANNEL", "CONVERSATION", "ANSWERS"];
  const row = ({ at, dialog, userId, channelId, conversationId, answers }: Answered) => {
    const words = Object.entries(answers).map(([question, answer]) => `${question}: ${answer}`);
    return [at, dialog, userId, channelId, conversationId, words.join("; ")];
  };
  return textTable(titles, all.map(row));
}
