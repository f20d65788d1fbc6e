import type { Command } from "commander";
import type { Delivery } from "../../core/tables/deliveries";
import { hopsOf, lastChange, statusOf, toldDelivery } from "../delivery-view";
import type { Desk } from "../desk";
import { Failure, WrongUsage } from "../failure";
import { outcomeOf, outcomeText } from "../outcome";
import { perform } from "../perform";
import { printable } from "../printable";
import type { Report } from "../report";
import { textTable } from "../text-table";

const examples = `
ID is a message's id, or that of a batch, which "send --all" prints.

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
    .description("what became of a message, or of all")
    .argument("[ID]", "a message, or a batch")
    .option("--all", "the newest ones, and how many there are")
    .option("--failed", "with --all, or for a batch: only those that failed")
    .option("--limit <N>", "with these: how many are shown", "50")
    .addHelpText("after", examples)
    .action(async (id: string | undefined, options: StatusOptions, command: Command) => {
      if (!id === !options.all) throw new WrongUsage("Say an ID, or --all: whose status you want.");
      const limit = limitOf(options);
      await perform(command, async (desk) =>
        id ? ofOne(desk, id, options, limit) : listed(await desk.deliveriesOf(), options, limit),
      );
    });
}

function limitOf({ limit = "" }: StatusOptions): number {
  if (/^[1-9]\d{0,6}$/.test(limit)) return Number(limit);
  throw new WrongUsage(`--limit is "${limit}": it must be a number from 1.`);
}

async function ofOne(desk: Desk, id: string, options: StatusOptions, limit: number): Promise<Report> {
  const [row] = await desk.delivery(id);
  const batch = row && row.status !== "cancelled" ? [] : await desk.deliveriesOf(id); // a cancelled batch has a row, too
  if (batch.length) return options.failed ? listed(batch, options, limit) : ofBatch(id, batch);
  if (row) return { text: way(row), data: { ...toldDelivery(row), hops: hopsOf(row) } };
  throw new Failure(
    `Nothing is known of ${id}: it is still on the queue and was never taken from there, or it was never sent.`,
  );
}

function ofBatch(batch: string, rows: Delivery[]): Report {
  const ids = rows.map(({ id }) => id);
  const outcome = outcomeOf(ids, rows);
  const text = `${rows.length} ${rows.length === 1 ? "message" : "messages"} of ${batch}: ${outcomeText(outcome)}`;
  return { text, data: { batch, ...outcome } };
}

function way(row: Delivery): string {
  const { id, conversation, dueAt, reason, tries, dequeueCount } = row;
  const facts: [string, string | number | undefined][] = [
    ["Message", id],
    ["Status", statusOf(row)],
    ["Reason", reason || undefined],
    ["Conversation", conversation],
    ["Not before", dueAt?.toISOString()],
    ["Begun", tries && times(tries)],
    ["Handed out", dequeueCount && times(dequeueCount)],
  ];
  const known = facts.filter(([, value]) => value !== undefined);
  const lines = known.map(([name, value]) => `${name.padEnd(13)} ${printable(String(value))}`);
  const hops = hopsOf(row).map(({ what, at, after }) => [what, at, after === undefined ? "" : `+${after} ms`]);
  return `${lines.join("\n")}\n\n${textTable(["HOP", "TIME", "AFTER"], hops)}`;
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

function listed(all: Delivery[], { failed = false }: StatusOptions, limit: number): Report {
  const counts = countByStatus(all);
  const chosen = all.filter((row) => !failed || row.status === "failed").sort(newestFirst);
  const shown = chosen.slice(0, limit);
  const data = { counts, messages: shown.map(toldDelivery) };
  return { text: `${shown.length ? `${table(shown)}\n\n` : ""}${summary(counts, shown.length, chosen.length)}`, data };
}

function countByStatus(rows: Delivery[]): Record<string, number> {
  const counts: Record<string, number> = { delivered: 0, failed: 0, waiting: 0, claimed: 0, cancelled: 0 };
  for (const row of rows) counts[statusOf(row)] = (counts[statusOf(row)] ?? 0) + 1;
  return counts;
}

function newestFirst(a: Delivery, b: Delivery): number {
  return (lastChange(b)?.getTime() ?? 0) - (lastChange(a)?.getTime() ?? 0);
}

function table(rows: Delivery[]): string {
  const cells = rows.map((row) => [row.id, statusOf(row), lastChange(row), row.conversation, row.reason]);
  return textTable(["ID", "STATUS", "LAST CHANGE", "CONVERSATION", "REASON"], cells);
}

function summary(counts: Record<string, number>, shown: number, chosen: number): string {
  const words = Object.entries(counts).map(([status, count]) => `${status} ${count}`);
  const more = shown < chosen ? ` The newest ${shown} of ${chosen} are shown; --limit N shows more.` : "";
  return `${words.join(", ")}.${more}`;
}
