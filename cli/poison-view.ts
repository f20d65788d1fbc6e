import { destinationOf } from "../core/message/addressee";
import { mapConcurrent } from "../core/promises";
import type { PoisonMessage } from "../core/queue/poison-queue";
import type { Desk } from "./desk";

/** How many rows are read side by side. */
const atOnce = 16;

/** A message, and why it is in the poison queue. */
export interface Explained {
  one: PoisonMessage;
  why: string;
}

/** Why messages are in the poison queue, by what `deliveries` says. @throws TableUnreachableError */
export function explained(desk: Pick<Desk, "delivery">, messages: PoisonMessage[]): Promise<Explained[]> {
  return mapConcurrent(atOnce, messages, async (one) => ({ one, why: whyOf(one, await desk.delivery(idOf(one))) }));
}

/** Whether an id is a message's own, or the poison queue's of it. */
export function hasId(id: string): (one: PoisonMessage) => boolean {
  return ({ queueId, message }) => queueId === id || message?.id === id;
}

/** For programs. */
export function toldPoison({ one, why }: Explained) {
  const { queueId, since, message } = one;
  const to = destinationOf(message ?? {});
  return { queueId, id: message?.id, since, ...to, readable: message !== undefined, reason: why };
}

function whyOf({ message, problem }: PoisonMessage, [row]: { reason?: string }[]): string {
  if (row?.reason) return row.reason;
  if (problem) return `the message is not valid: ${problem}`;
  // Its row has the id that the other queue gave it, which nobody knows any more.
  return message?.id ? "not recorded" : "not recorded under this id: the message has none of its own";
}

function idOf({ queueId, message }: PoisonMessage): string {
  return message?.id ?? queueId;
}
