import { entityKey } from "../tables/entity";
import { isGroup, isSelfNamed, referenceIn, type StoredReference } from "../tables/stored-reference";
import type { QueueMessage } from "./queue-message";

/** A message for many users. */
export interface Broadcast {
  /** The beginning of the ids, printable ASCII. A user gets one message of a batch, even if the batch is sent again. */
  batch: string;
  text?: string;
  /** The dialog to start; "" is the default dialog. */
  dialog?: string;
  /** ISO time. */
  notBefore?: string;
}

/** Makes the queue message of a broadcast for one user; its id is `<batch>/<hash of the user>`. */
export function broadcastMessage(
  { batch, text = "", ...rest }: Broadcast,
  to: StoredReference,
): QueueMessage & { id: string } {
  return {
    relatesTo: referenceIn(to),
    text,
    ...rest,
    broadcast: true,
    id: `${batch}/${entityKey(personKey(to)).slice(0, 24)}`,
  };
}

/**
 * Returns a test whether the user of a row has opted out. One row of the user is enough: rows that came later have no mark.
 * @param rows all of the table `references`
 */
export function optedOut(rows: Iterable<StoredReference>): (row: StoredReference) => boolean {
  const optedOutUsers = new Set<string>();
  for (const row of rows) if (row.optedOutAt) optedOutUsers.add(personKey(row));
  return (row) => optedOutUsers.has(personKey(row));
}

/**
 * Returns the newest private conversation of each user. A user is a user id of a channel; on channels where a chat page chooses
 * the user id, each conversation is a user. Groups are left out: their members would read messages for one user.
 */
export function reachableUsers<Row extends StoredReference>(rows: Iterable<Row>): Row[] {
  const chosen = new Map<string, Row>();
  for (const row of rows) {
    if (isGroup(row)) continue;
    const key = personKey(row);
    const other = chosen.get(key);
    if (!other || other.seenAt < row.seenAt) chosen.set(key, row);
  }
  return [...chosen.values()];
}

/** Returns the rows that a broadcast to all reaches: the reachable users that have not opted out, and the number of those that have. */
export function audience<Row extends StoredReference>(rows: readonly Row[]): { reached: Row[]; optedOut: number } {
  const everyone = reachableUsers(rows);
  const isOut = optedOut(rows);
  const reached = everyone.filter((row) => !isOut(row));
  return { reached, optedOut: everyone.length - reached.length };
}

/** Returns the private conversations of a user, the newest first. */
export function privateConversationsOf<Row extends StoredReference>(user: string, rows: readonly Row[]): Row[] {
  const own = rows.filter((row) => row.userId === user && !isGroup(row));
  return own.sort((a, b) => b.seenAt.getTime() - a.seenAt.getTime());
}

/** A text that all rows of one user share, and no other row has. */
export function personKey({
  channelId,
  conversationId,
  userId,
}: Pick<StoredReference, "channelId" | "conversationId" | "userId">): string {
  return JSON.stringify(isSelfNamed({ channelId }) ? [channelId, conversationId] : [channelId, "user", userId]);
}
