import type { Command } from "commander";
import { audience, isGroup, optedOut, type StoredReference } from "../../message";
import type { Desk } from "../desk";
import { perform } from "../perform";
import type { Report } from "../report";
import { textTable } from "../text-table";

const examples = `
Whom the bot can speak to without being asked, who was heard of last first. On channels such as Teams a user can be
reached at any time; on directline and webchat only while the conversation lives.

Examples:
  npm run send -- users
  npm run --silent send -- users --json
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
  const titles = ["CHANNEL", "USER", "CONVERSATION", "LAST HEARD OF", "REACHABLE"];
  const isOut = optedOut(all);
  const row = (one: StoredReference) => {
    const { channelId, userId, conversationId, seenAt } = one;
    const words = [reachableInWords(one), isGroup(one) && "in a group", isOut(one) && "has opted out"];
    return [channelId, userId, conversationId, seenAt, words.filter(Boolean).join(", ")];
  };
  return textTable(titles, all.map(row));
}

/** A row for programs. */
function teller(all: StoredReference[]) {
  const isOut = optedOut(all);
  return (one: StoredReference) => {
    const { channelId, userId, conversationId, seenAt } = one;
    const reachable = isShortLived(one) ? "whileConversationLives" : "anyTime";
    return { channelId, userId, conversationId, seenAt, reachable, group: isGroup(one), optedOut: isOut(one) };
  };
}

function reachableInWords(one: StoredReference): string {
  return isShortLived(one) ? "while the conversation lives" : "any time";
}

function isShortLived({ channelId }: StoredReference): boolean {
  return shortLived.includes(channelId);
}
