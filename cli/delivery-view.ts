import { type Delivery, isSettled } from "../core/tables/deliveries";

/** One step of a message's way. */
export interface Hop {
  what: string;
  at: Date;
  /** Milliseconds since the one before. */
  after?: number;
}

const names = {
  queuedAt: "put on the queue",
  dequeuedAt: "taken by the function",
  receivedAt: "received by the bot",
  deferredAt: "put off",
  sentAt: "taken by the channel",
  failedAt: "given up",
  cancelledAt: "cancelled",
} as const;

const times = Object.keys(names) as (keyof typeof names)[];

/** The steps that are known of a message's way, in their order. */
export function hopsOf(row: Delivery): Hop[] {
  const hops = times.flatMap((time): Hop[] => (row[time] ? [{ what: names[time], at: row[time] }] : []));
  hops.sort((a, b) => a.at.getTime() - b.at.getTime());
  return hops.map((hop, index) => ({ ...hop, after: between(hops[index - 1], hop) }));
}

/** Undefined: nothing is known but that there is such a message. */
export function lastChange(row: Delivery): Date | undefined {
  return hopsOf(row).at(-1)?.at;
}

/** A row for programs. */
export function toldDelivery(row: Delivery) {
  const { id, status, reason, conversation, dueAt, tries, dequeueCount } = row;
  const known = Object.fromEntries(times.map((time) => [time, row[time]]));
  return {
    id,
    status: statusOf(row),
    reason: reason || undefined,
    conversation,
    dueAt,
    tries,
    dequeueCount,
    ...known,
    final: isSettled(status),
  };
}

/** The function has written its part alone where the bot's is not there yet. */
export function statusOf({ status }: Delivery): string {
  return status ?? "waiting";
}

function between(before: Hop | undefined, { at }: Hop): number | undefined {
  return before && at.getTime() - before.at.getTime();
}
