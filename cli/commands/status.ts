import type { Command } from "commander";
import { type Delivery, isSettled } from "../../core/tables/deliveries";
import { summarize, summaryText } from "../delivery-summary";
import { CommandError, UsageError } from "../errors";
import { countOf, printable, textTable } from "../output/text";
import { type Report, runCommand } from "../run-command";
import type { StackClient } from "../stack-client";

const notes = `
ID is the id of a message, or of a batch, which "send --all" prints.

Examples:
  npm run cli -- status send-20261122T210000Z-x1y2z3
  npm run cli -- status --all --failed
  npm run cli -- status BATCH --failed
  npm run --silent cli -- status --all --json --limit 1000
`;

interface StatusOptions {
  all?: boolean;
  failed?: boolean;
  limit?: string;
}

export function addStatus(program: Command): void {
  program
    .command("status")
    .description("Show what became of a message, of a batch or of all messages")
    .argument("[ID]", "Id of a message or a batch")
    .option("--all", "Show the newest messages, and count all")
    .option("--failed", "With --all or a batch: show only failed messages")
    .option("--limit <N>", "With --all or --failed: number of messages to show", "50")
    .addHelpText("after", notes)
    .action(async (id: string | undefined, options: StatusOptions, command: Command) => {
      if (!id === !options.all) throw new UsageError("Give either an ID or --all.");
      const limit = parseLimit(options);
      await runCommand(command, async (client) =>
        id ? statusOfId(client, id, options, limit) : listReport(await client.listDeliveries(), options, limit),
      );
    });
}

function parseLimit({ limit = "" }: StatusOptions): number {
  if (/^[1-9]\d{0,6}$/.test(limit)) return Number(limit);
  throw new UsageError(`--limit is "${limit}". It must be a whole number from 1 to 9999999.`);
}

async function statusOfId(client: StackClient, id: string, options: StatusOptions, limit: number): Promise<Report> {
  const row = await client.deliveries.read(id);
  const batch = row && row.status !== "cancelled" ? [] : await client.listDeliveries(id); // a cancelled batch has a row, too
  if (batch.length) return options.failed ? listReport(batch, options, limit) : batchReport(id, batch);
  if (row) return messageReport(row);
  throw new CommandError(
    `No message with the id ${id} is known. It was never sent, or another program put it on the queue and the function has not dequeued it yet.`,
  );
}

function batchReport(batch: string, rows: Delivery[]): Report {
  const ids = rows.map(({ id }) => id);
  const summary = summarize(ids, rows);
  const text = `${countOf(rows.length, "message")} of ${batch}: ${summaryText(summary)}`;
  return { text, data: { batch, ...summary } };
}

function messageReport(row: Delivery): Report {
  const { id, conversation, dueAt, reason, tries, dequeueCount } = row;
  const hops = hopsOf(row);
  const facts = {
    Message: id,
    Status: statusOf(row),
    Reason: reason || undefined,
    Conversation: conversation,
    "Not before": dueAt?.toISOString(),
    Attempts: tries,
    "Dequeue count": dequeueCount,
  };
  const known = Object.entries(facts).filter(([, value]) => value !== undefined);
  const lines = known.map(([name, value]) => `${name.padEnd(13)} ${printable(String(value))}`);
  const cells = hops.map(({ what, at, after }) => [what, at, after === undefined ? "" : `+${after} ms`]);
  const text = `${lines.join("\n")}\n\n${textTable(["HOP", "TIME", "AFTER"], cells)}`;
  return { text, data: { ...deliveryData(row), hops } };
}

function listReport(rows: Delivery[], { failed = false }: StatusOptions, limit: number): Report {
  const counts: Record<string, number> = { delivered: 0, failed: 0, waiting: 0, claimed: 0, cancelled: 0 };
  for (const row of rows) counts[statusOf(row)] = (counts[statusOf(row)] ?? 0) + 1;
  const chosen = rows.filter((row) => !failed || row.status === "failed").sort(byLastChange);
  const shown = chosen.slice(0, limit);
  const summary = listSummary(counts, shown.length, chosen.length);
  const text = shown.length ? `${table(shown)}\n\n${summary}` : summary;
  return { text, data: { counts, messages: shown.map(deliveryData) } };
}

function listSummary(counts: Record<string, number>, shown: number, chosen: number): string {
  const words = Object.entries(counts).map(([status, count]) => `${status} ${count}`);
  const more = shown < chosen ? ` These are the newest ${shown} of ${chosen}. See more with --limit N.` : "";
  return `${words.join(", ")}.${more}`;
}

function table(rows: Delivery[]): string {
  const cells = rows.map((row) => [row.id, statusOf(row), lastChange(row), row.conversation, row.reason]);
  return textTable(["ID", "STATUS", "LAST CHANGE", "CONVERSATION", "REASON"], cells);
}

/** A row for programs. */
function deliveryData(row: Delivery) {
  const { id, status, reason, conversation, dueAt, tries, dequeueCount } = row;
  const known = { id, status: statusOf(row), reason: reason || undefined, conversation, dueAt, tries, dequeueCount };
  return { ...known, ...Object.fromEntries(hopTimes.map((time) => [time, row[time]])), final: isSettled(status) };
}

/** A row that only the function has written so far has no status. */
function statusOf({ status }: Delivery): string {
  return status ?? "waiting";
}

const hopNames = {
  queuedAt: "put on the queue",
  dequeuedAt: "dequeued by the function",
  receivedAt: "received by the bot",
  deferredAt: "deferred",
  sentAt: "accepted by the channel",
  failedAt: "failed",
  cancelledAt: "cancelled",
} as const;

const hopTimes = Object.keys(hopNames) as (keyof typeof hopNames)[];

/** One hop of a message on its way. */
interface Hop {
  what: string;
  at: Date;
  /** Milliseconds since the hop before. */
  after?: number;
}

/** The known hops of a message, in the order of their times. */
export function hopsOf(row: Delivery): Hop[] {
  const hops = hopTimes.flatMap((time): Hop[] => (row[time] ? [{ what: hopNames[time], at: row[time] }] : []));
  hops.sort((a, b) => a.at.getTime() - b.at.getTime());
  return hops.map((hop, index) => {
    const before = hops[index - 1];
    return { ...hop, after: before && hop.at.getTime() - before.at.getTime() };
  });
}

function lastChange(row: Delivery): Date | undefined {
  return hopsOf(row).at(-1)?.at;
}

function byLastChange(a: Delivery, b: Delivery): number {
  return (lastChange(b)?.getTime() ?? 0) - (lastChange(a)?.getTime() ?? 0);
}
