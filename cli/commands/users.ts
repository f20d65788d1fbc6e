import type { Command } from "commander";
import { audience, optedOut } from "../../core/message/broadcast";
import { isGroup, referenceIn, type StoredReference } from "../../core/tables/stored-reference";
import type { Desk } from "../desk";
import { perform } from "../perform";
import type { Report } from "../report";
import { textTable } from "../text-table";

const examples = `
Whom the bot can speak to without being asked, who was heard of last first. On channels such as Teams a user can be
reached at any time; on directline and webchat only while the conversation lives. A problem is why the last message for
a user failed; it is gone when the bot hears of the user again. --json has the relatesTo of each, for a message's own.

Examples:
  npm run cli -- users
  npm run --silent cli -- users --json
`;

/** Channels whose conversations end when the page is closed, or some time after. */
const shortLived = ["directline", "webchat", "emulator"];

export function addUsers(program: Command): void {
  program
    .command("users")
    .description("who can be reached")
    .addHelpText("after", examples)
    .action((_options, command: Command) => perform(command, users));
}

async function users(desk: Desk): Promise<Report> {
  const all = await desk.users();
  const { reached, optedOut } = audience(all);
  return {
    text: all.length ? `${table(all)}\n\n${summary(all.length, reached.length, optedOut)}` : nobody,
    data: { users: all.map(teller(all)), alone: reached.length, optedOut },
  };
}

const nobody = "Nobody yet: the bot can reach those who have been in a conversation with it.";

function summary(count: number, alone: number, optedOut: number): string {
  const left = optedOut ? ` ${optedOut} ${optedOut === 1 ? "has" : "have"} opted out.` : "";
  return `${count} in all; "send --all" reaches ${alone}: each person once, where they were heard of last, and no groups.${left}`;
}

function table(all: StoredReference[]): string {
  const titles = ["CHANNEL", "USER", "CONVERSATION", "LAST HEARD OF", "REACHABLE", "LAST PROBLEM"];
  const isOut = optedOut(all);
  const row = (one: StoredReference) => {
    const { channelId, userId, conversationId, seenAt, problem, problemAt } = one;
    const words = [reachableInWords(one), isGroup(one) && "in a group", isOut(one) && "has opted out"];
    const failed = problem && `${problemAt?.toISOString()} ${problem}`;
    return [channelId, userId, conversationId, seenAt, words.filter(Boolean).join(", "), failed];
  };
  return textTable(titles, all.map(row));
}

/** A row for programs. */
function teller(all: StoredReference[]) {
  const isOut = optedOut(all);
  return (one: StoredReference) => {
    const { channelId, userId, aadObjectId, conversationId, seenAt, problem, problemAt } = one;
    const reachable = isShortLived(one) ? "whileConversationLives" : "anyTime";
    const said = { channelId, userId, aadObjectId, conversationId, seenAt, reachable, group: isGroup(one) };
    return { ...said, optedOut: isOut(one), ...(problem && { problem, problemAt }), relatesTo: referenceIn(one) };
  };
}

function reachableInWords(one: StoredReference): string {
  return isShortLived(one) ? "while the conversation lives" : "any time";
}

function isShortLived({ channelId }: StoredReference): boolean {
  return shortLived.includes(channelId);
}
