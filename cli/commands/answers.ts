import type { Command } from "commander";
import { z } from "zod";
import { fromChunks } from "../../core/tables/entity";
import { textTable } from "../output/text";
import { type Report, runCommand } from "../run-command";
import type { StackClient } from "../stack-client";

const notes = `
Each row has the answers that a user confirmed last, for one conversation and dialog. The newest are first.

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
    .description("List the users' answers in dialogs")
    .option("--dialog <NAME>", "Answers of this dialog only")
    .option("--user <USER>", "Answers of this user only")
    .addHelpText("after", notes)
    .action((options: AnswersOptions, command: Command) => runCommand(command, (client) => answers(client, options)));
}

/** A user's answers in one dialog and conversation. */
interface Answers {
  channelId: string;
  conversationId: string;
  userId?: string;
  dialog: string;
  /** ISO time. */
  at: string;
  answers: Record<string, string | number>;
}

async function answers({ state }: StackClient, { dialog, user }: AnswersOptions): Promise<Report> {
  const rows = await state.all<Record<string, unknown>>();
  const chosen = rows
    .flatMap(answersIn)
    .filter((one) => dialog === undefined || one.dialog === dialog)
    .filter((one) => user === undefined || one.userId === user)
    .sort((a, b) => b.at.localeCompare(a.at));
  return { text: chosen.length ? table(chosen) : "No answers yet.", data: { answers: chosen } };
}

/** The part of a conversation's state that has answers. */
const conversationState = z.object({
  answers: z
    .record(
      z.string(),
      z.object({
        at: z.string(),
        by: z.string().optional(),
        answers: z.record(z.string(), z.union([z.string(), z.number()])),
      }),
    )
    .optional(),
});

/** botbuilder's key for the state of a conversation; its end may be cut off. */
const conversationKey = /^([^/]+)\/conversations\/(.+?)\/?$/s;

/** The answers in a row of the table `botstate`. */
export function answersIn({ key, ...entity }: Record<string, unknown>): Answers[] {
  const [, channelId, conversationId] = conversationKey.exec(String(key)) ?? [];
  if (!channelId || !conversationId) return [];
  const { success, data } = conversationState.safeParse(fromChunks(entity));
  const known = success ? Object.entries(data.answers ?? {}) : [];
  return known.map(([dialog, { at, by, answers }]) => ({ channelId, conversationId, userId: by, dialog, at, answers }));
}

function table(all: Answers[]): string {
  const rows = all.map(({ at, dialog, userId, channelId, conversationId, answers }) => {
    const words = Object.entries(answers).map(([question, answer]) => `${question}: ${answer}`);
    return [at, dialog, userId, channelId, conversationId, words.join("; ")];
  });
  return textTable(["TIME", "DIALOG", "USER", "CHANNEL", "CONVERSATION", "ANSWERS"], rows);
}
