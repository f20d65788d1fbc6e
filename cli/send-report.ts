import { destinationOf } from "../core/message/addressee";
import type { Letter, Mailing } from "./letters";
import { type Outcome, outcomeText } from "./outcome";
import type { Posting } from "./posting";
import { printable } from "./printable";
import type { Report } from "./report";
import type { SendPlan } from "./send-plan";
import type { Stack } from "./stack/stack";
import { textTable } from "./text-table";

/** How many are named of those who could not be reached. */
const mostNamed = 20;

/** What came of `send`. @param outcome by `deliveries`, where somebody waited for it */
export function sendReport(stack: Stack, plan: SendPlan, posting: Posting, outcome?: Outcome): Report {
  const { sent, failed, cancelled, left } = posting;
  const { whom, id, notBefore } = plan;
  const data = {
    queue: stack.queueUrl,
    ...(whom === "all" && { batch: id }),
    notBefore,
    sent: sent.map(told),
    notSent: failed.map(({ letter, reason }) => ({ ...told(letter), reason })),
    cancelled: cancelled.length,
    left: left.length,
    outcome,
  };
  const lines = [
    sentText(stack, plan, sent),
    ...notSentText(plan, posting),
    ...(outcome ? [outcomeText(outcome)] : []),
  ];
  const isDelivered = !outcome || outcome.delivered === sent.length;
  const isDone = !failed.length && !cancelled.length && !left.length && isDelivered;
  return { data, text: lines.filter(Boolean).join("\n"), failed: !isDone };
}

/** Whom `send --dry-run` would reach. */
export function dryRunReport({ letters, optedOut }: Mailing): Report {
  const rows = letters.map(told).map(({ channelId, userId, conversationId }) => [channelId, userId, conversationId]);
  const left = optedOut ? ` ${optedOut} more ${optedOut === 1 ? "has" : "have"} opted out.` : "";
  return {
    data: { wouldReach: letters.map(told), optedOut },
    text: `${textTable(["CHANNEL", "USER", "CONVERSATION"], rows)}\n\nThis would reach ${countOf(letters.length)}.${left} Nothing was sent.`,
  };
}

export function countOf(people: number): string {
  return people === 1 ? "1 person" : `${people} people`;
}

function told(letter: Letter) {
  return { id: letter.id, ...destinationOf(letter) };
}

function sentText({ queueUrl, options }: Stack, { id, notBefore }: SendPlan, sent: Letter[]): string {
  const [first] = sent;
  if (!first) return "";
  const due = notBefore ? `, not to be said before ${notBefore.toISOString()}` : "";
  const what = sent.length > 1 ? `${sent.length} messages, one for each person` : `One message for ${nameOf(first)}`;
  const status = ["npm run cli --", options, "status", quoted(id)].filter(Boolean).join(" ");
  return `On the queue: ${queueUrl}\n${what}${due}\nWhat becomes of it: ${status}`;
}

function notSentText({ id }: SendPlan, { sent, failed, cancelled, left }: Posting): string[] {
  const total = sent.length + failed.length + cancelled.length + left.length;
  const names = failed.slice(0, mostNamed).map(({ letter, reason }) => `  ${nameOf(letter)}: ${reason}`);
  if (failed.length > mostNamed) names.push(`  … and ${failed.length - mostNamed} more; --json names them all.`);
  const lines = failed.length ? [`${failed.length} of ${total} could not be put on the queue:`, ...names] : [];
  if (cancelled.length) return [...lines, `${cancelled.length} of ${total} were cancelled meanwhile.`];
  if (left.length) lines.push(`Interrupted: ${sent.length} of ${total} are on the queue.`);
  if (lines.length && total > 1) lines.push(`The same command with --id ${quoted(id)} goes on: nobody hears it twice.`);
  return lines;
}

function nameOf(letter: Letter): string {
  const { userId, conversationId, channelId } = destinationOf(letter);
  const names = [userId, conversationId && `conversation ${conversationId}`].filter(Boolean);
  return printable(`${names.join(" in ")} (${channelId})`);
}

/** As it is where nothing in it means anything to a shell. */
export function quoted(text: string): string {
  return /^[\w./:,@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
