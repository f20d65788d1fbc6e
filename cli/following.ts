import { setTimeout as sleep } from "node:timers/promises";
import type { Delivery } from "../core/tables/deliveries";
import { TableUnreachableError } from "../core/tables/table";
import { type Outcome, outcomeOf } from "./outcome";

/** Milliseconds between two looks, at least; and as long as a look takes. */
const pause = 500;

/**
 * Looks until everything is delivered or failed, or until it is time to stop. A table that is out of reach for a moment ends
 * nothing: what was sent is still to be told. @param rows what `deliveries` says of them now
 */
export async function follow(
  ids: string[],
  rows: () => Promise<Delivery[]>,
  end: Date,
  signal: AbortSignal,
  onLook: (outcome: Outcome) => void = () => {},
): Promise<Outcome> {
  for (let outcome = outcomeOf(ids, []); ; ) {
    const begin = performance.now();
    try {
      outcome = outcomeOf(ids, await rows());
    } catch (error) {
      if (!(error instanceof TableUnreachableError)) throw error;
      outcome = { ...outcome, problem: error.message };
    }
    onLook(outcome);
    if (!outcome.waiting || signal.aborted || Date.now() >= end.getTime()) return outcome;
    const rest = Math.max(performance.now() - begin, pause);
    await sleep(Math.min(rest, Math.max(end.getTime() - Date.now(), 1)), undefined, { signal }).catch(() => {});
  }
}
