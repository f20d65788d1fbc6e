import type { Command } from "commander";
import { audience, optedOut } from "../../core/message/broadcast";
import { isGroup, referenceIn, type StoredReference } from "../../core/tables/stored-reference";
import { textTable } from "../output/text";
import { type Report, runCommand } from "../run-command";
import type { StackClient } from "../stack-client";

const notes = `
Each row is a conversation in which the bot can speak to a user, the most recent first. On channels such as Teams the bot
reaches a user at any time; on directline and webchat only while the conversation is open. LAST PROBLEM is the reason why
the last message failed; it disappears when the bot hears from the user again. With --json each user has the relatesTo that
a queue message needs.

Examples:
  npm run cli -- users
  npm run --silent cli -- users --json
`;

/** Channels whose conversations end when the page is closed, or some time later. */
const shortLivedChannels = ["directline", "webchat", "emulator"];

export function addUsers(program: Command): void {
  program
    .command("users")
    .description("List the users that the bot can reach")
    .addHelpText("after", notes)
    .action((_options, command: Command) => runCommand(command, users));
}

async function users(client: StackClient): Promise<Report> {
  const rows = await client.listUsers();
  const { reached, optedOut: out } = audience(rows);
  const isOut = optedOut(rows);
  return {
    text: rows.length ? `${table(rows, isOut)}\n\n${summary(rows.length, reached.length, out)}` : noUsers,
    data: { users: rows.map((row) => userData(row, isOut(row))), alone: reached.length, optedOut: out },
  };
}

const noUsers = "No users yet. The bot can reach a user after their first conversation with it.";

function summary(count: number, reached: number, out: number): string {
  const optedOut = out ? ` ${out} ${out === 1 ? "has" : "have"} opted out.` : "";
  return `${count} in total. "send --all" reaches ${reached}: each person once, in their most recent private conversation.${optedOut}`;
}

function table(rows: StoredReference[], isOut: (row: StoredReference) => boolean): string {
  const titles = ["CHANNEL", "USER", "CONVERSATION", "LAST SEEN", "REACHABLE", "LAST PROBLEM"];
  const cells = rows.map((row) => {
    const { channelId, userId, conversationId, seenAt, problem, problemAt } = row;
    const time = isShortLived(row) ? "while the conversation is open" : "at any time";
    const reachable = [time, isGroup(row) && "in a group", isOut(row) && "has opted out"].filter(Boolean).join(", ");
    return [channelId, userId, conversationId, seenAt, reachable, problem && `${problemAt?.toISOString()} ${problem}`];
  });
  return textTable(titles, cells);
}

/** A row for programs. */
function userData(row: StoredReference, isOut: boolean) {
  const { channelId, userId, aadObjectId, conversationId, seenAt, problem, problemAt } = row;
  const reachable = isShortLived(row) ? "whileConversationLives" : "anyTime";
  const user = { channelId, userId, aadObjectId, conversationId, seenAt, reachable };
  const flags = { group: isGroup(row), optedOut: isOut };
  return { ...user, ...flags, ...(problem && { problem, problemAt }), relatesTo: referenceIn(row) };
}

function isShortLived({ channelId }: StoredReference): boolean {
  return shortLivedChannels.includes(channelId);
}
