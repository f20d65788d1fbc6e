import { setTimeout as sleep } from "node:timers/promises";
import { type Delivery, isSettled } from "../core/tables/deliveries";
import { TableUnreachableError } from "../core/tables/table";
import { printable } from "./output/text";

/** A reason for which messages failed, were cancelled or wait, and how many. */
interface Reason {
  status: "failed" | "cancelled" | "waiting";
  reason: string;
  count: number;
}

/** The number of messages in each status, by their rows in `deliveries`. */
export interface DeliverySummary {
  delivered: number;
  failed: number;
  cancelled: number;
  /** All others: on the queue, or being sent. */
  waiting: number;
  /** The most frequent first. */
  reasons: Reason[];
  /** Why the counts may be out of date: `deliveries` could not be read the last time. */
  problem?: string;
}

/** Milliseconds between two reads, at least; a slow read is followed by a pause as long as the read. */
const interval = 500;

/** @param ids of the messages; one without a row waits */
export function summarize(ids: Iterable<string>, rows: Iterable<Delivery>): DeliverySummary {
  const byId = new Map([...rows].map((row) => [row.id, row]));
  const counts = { delivered: 0, failed: 0, cancelled: 0, waiting: 0 };
  const reasons = new Map<string, Reason>();
  for (const id of ids) {
    const row = byId.get(id);
    const status = isSettled(row?.status) ? row.status : "waiting";
    counts[status]++;
    if (status === "delivered") continue;
    const reason = row?.reason || stageOf(row);
    const known = reasons.get(`${status} ${reason}`) ?? { status, reason, count: 0 };
    reasons.set(`${status} ${reason}`, { ...known, count: known.count + 1 });
  }
  return { ...counts, reasons: [...reasons.values()].sort((a, b) => b.count - a.count) };
}

/** Where a message is that waits without a recorded reason. */
function stageOf(row: Delivery | undefined): string {
  if (row?.status === "claimed") return "the bot is sending it";
  return row?.dequeuedAt ? "it is on its way to the bot" : "the function has not dequeued it yet";
}

/** For people. */
export function summaryText({ delivered, failed, cancelled, waiting, reasons, problem }: DeliverySummary): string {
  const counts = `delivered ${delivered}, failed ${failed}, waiting ${waiting}`;
  const lines = [cancelled ? `${counts}, cancelled ${cancelled}` : counts];
  for (const { status, reason, count } of reasons) lines.push(`  ${count} ${status}: ${printable(reason)}`);
  if (problem) lines.push(`  These counts may be out of date: ${printable(problem)}`);
  return lines.join("\n");
}

/**
 * Reads the rows of messages until all are settled, until `end`, or until `signal`. A table that cannot be reached for a moment
 * does not end the wait. @param read the rows, as they are now
 */
export async function waitForDeliveries(
  ids: string[],
  read: () => Promise<Delivery[]>,
  end: Date,
  signal: AbortSignal,
  onRead: (summary: DeliverySummary) => void = () => {},
): Promise<DeliverySummary> {
  for (let summary = summarize(ids, []); ; ) {
    const begin = performance.now();
    try {
      summary = summarize(ids, await read());
    } catch (error) {
      if (!(error instanceof TableUnreachableError)) throw error;
      summary = { ...summary, problem: error.message };
    }
    onRead(summary);
    if (!summary.waiting || signal.aborted || Date.now() >= end.getTime()) return summary;
    const pause = Math.max(performance.now() - begin, interval);
    await sleep(Math.min(pause, Math.max(end.getTime() - Date.now(), 1)), undefined, { signal }).catch(() => {});
  }
}
