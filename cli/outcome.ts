import { type Delivery, isSettled } from "../core/tables/deliveries";
import { printable } from "./printable";

/** Why messages failed, or wait, and how many. */
export interface Reason {
  status: "failed" | "cancelled" | "waiting";
  reason: string;
  count: number;
}

/** What has become of messages, by what `deliveries` says. */
export interface Outcome {
  delivered: number;
  failed: number;
  cancelled: number;
  /** Everything that is none of these: on the queue, or being said. */
  waiting: number;
  /** The most frequent first. */
  reasons: Reason[];
  /** Why there may be news: `deliveries` could not be read at the last look. */
  problem?: string;
}

/** @param ids of the messages; a row that is not there yet waits */
export function outcomeOf(ids: Iterable<string>, rows: Iterable<Delivery>): Outcome {
  const byId = new Map([...rows].map((row) => [row.id, row]));
  const outcome = { delivered: 0, failed: 0, cancelled: 0, waiting: 0 };
  const reasons = new Map<string, Reason>();
  for (const id of ids) {
    const row = byId.get(id);
    const status = isSettled(row?.status) ? row.status : "waiting";
    outcome[status]++;
    if (status !== "delivered") count(reasons, status, row?.reason || stageOf(row));
  }
  return { ...outcome, reasons: [...reasons.values()].sort((a, b) => b.count - a.count) };
}

/** For people. */
export function outcomeText({ delivered, failed, cancelled, waiting, reasons, problem }: Outcome): string {
  const why = reasons.map(({ status, reason, count }) => `  ${count} ${status}: ${printable(reason)}`);
  const counts = `delivered ${delivered}, failed ${failed}, waiting ${waiting}`;
  const lines = [cancelled ? `${counts}, cancelled ${cancelled}` : counts, ...why];
  if (problem) lines.push(`  this may be old: ${printable(problem)}`);
  return lines.join("\n");
}

/** Where a message is that has no reason to wait. */
function stageOf(row: Delivery | undefined): string {
  if (row?.status === "claimed") return "it is being said";
  return row?.dequeuedAt ? "it is on its way to the bot" : "it has not been taken from the queue yet";
}

function count(reasons: Map<string, Reason>, status: Reason["status"], reason: string): void {
  const key = `${status} ${reason}`;
  const known = reasons.get(key) ?? { status, reason, count: 0 };
  reasons.set(key, { ...known, count: known.count + 1 });
}
