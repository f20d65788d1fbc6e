import { destinationOf } from "../../core/message/addressee";
import type { DeliverySummary } from "../delivery-summary";
import { summaryText } from "../delivery-summary";
import type { OutgoingMessage, OutgoingMessages, SendResult } from "../outgoing-messages";
import type { Report } from "../run-command";
import type { SendRequest } from "../send-request";
import type { Stack } from "../stack/stack";
import { countOf, printable, shellArgument, textTable } from "./text";

/** How many failed messages are named in the text. */
const mostNamed = 20;

/** The report of `send`. @param summary where the command waited for the deliveries */
export function sendReport(stack: Stack, request: SendRequest, result: SendResult, summary?: DeliverySummary): Report {
  const { sent, failed, cancelled, left } = result;
  const { recipient, id, notBefore } = request;
  const data = {
    queue: stack.queueUrl,
    ...(recipient === "all" && { batch: id }),
    notBefore,
    sent: sent.map(recipientData),
    notSent: failed.map(({ message, reason }) => ({ ...recipientData(message), reason })),
    cancelled: cancelled.length,
    left: left.length,
    outcome: summary,
  };
  const lines = [
    ...sentLines(stack, request, sent),
    ...notSentLines(request, result),
    ...(summary ? [summaryText(summary)] : []),
  ];
  const isDelivered = !summary || summary.delivered === sent.length;
  const isComplete = !failed.length && !cancelled.length && !left.length;
  return { data, text: lines.join("\n"), failed: !isComplete || !isDelivered };
}

/** The report of `send --dry-run`. */
export function dryRunReport({ messages, optedOut }: OutgoingMessages): Report {
  const wouldReach = messages.map(recipientData);
  const rows = wouldReach.map(({ channelId, userId, conversationId }) => [channelId, userId, conversationId]);
  const table = textTable(["CHANNEL", "USER", "CONVERSATION"], rows);
  const audience = `This would reach ${audienceText({ messages, optedOut })} Nothing was sent.`;
  return { data: { wouldReach, optedOut }, text: `${table}\n\n${audience}` };
}

/** `20 people. 1 more has opted out.` */
export function audienceText({ messages, optedOut }: OutgoingMessages): string {
  const people = countOf(messages.length, "person", "people");
  return optedOut ? `${people}. ${optedOut} more ${optedOut === 1 ? "has" : "have"} opted out.` : `${people}.`;
}

function recipientData(message: OutgoingMessage) {
  return { id: message.id, ...destinationOf(message) };
}

function sentLines({ queueUrl, options }: Stack, { id, notBefore }: SendRequest, sent: OutgoingMessage[]): string[] {
  const [first] = sent;
  if (!first) return [];
  const time = notBefore ? `, due at ${notBefore.toISOString()}` : "";
  const messages = sent.length > 1 ? `${sent.length} messages, one for each person` : `1 message for ${nameOf(first)}`;
  const command = ["npm run cli --", options, "status", shellArgument(id)].filter(Boolean).join(" ");
  return [`On the queue: ${messages}${time}`, `Queue: ${queueUrl}`, `Status: ${command}`];
}

function notSentLines({ id }: SendRequest, { sent, failed, cancelled, left }: SendResult): string[] {
  const total = sent.length + failed.length + cancelled.length + left.length;
  const lines: string[] = [];
  if (failed.length) lines.push(`${failed.length} of ${total} could not be put on the queue:`);
  for (const { message, reason } of failed.slice(0, mostNamed)) lines.push(`  ${nameOf(message)}: ${reason}`);
  if (failed.length > mostNamed) lines.push(`  … and ${failed.length - mostNamed} more; --json lists all.`);
  if (cancelled.length) return [...lines, `${cancelled.length} of ${total} were cancelled in the meantime.`];
  if (left.length) lines.push(`Interrupted: ${sent.length} of ${total} are on the queue.`);
  if (lines.length && total > 1)
    lines.push(`To continue, run the same command with --id ${shellArgument(id)}. Nobody gets a message twice.`);
  return lines;
}

function nameOf(message: OutgoingMessage): string {
  const { userId, conversationId, channelId } = destinationOf(message);
  const names = [userId, conversationId && `conversation ${conversationId}`].filter(Boolean);
  return printable(`${names.join(" in ")} (${channelId})`);
}
