import { entityKey } from "../tables/entity";
import { isGroup, isSelfNamed, referenceIn, type StoredReference } from "../tables/stored-reference";
import type { QueueMessage } from "./queue-message";

/** What is to be said to people who did not ask. */
export interface Broadcast {
  /** Starts the same id for everybody: a notice that is given again under it is not said again. Printable ASCII. */
  batch: string;
  text?: string;
  /** The dialog to start; "" is the default one. */
  dialog?: string;
  /** ISO time. */
  notBefore?: string;
}

/** The queue message that brings a notice to somebody; its id is `<batch>/<who>`. */
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
 * Tells whether the person of a row has opted out. One row of a person is enough: others may be younger than their wish.
 * @param rows all of the table `references`
 */
export function optedOut(rows: Iterable<StoredReference>): (row: StoredReference) => boolean {
  const persons = new Set<string>();
  for (const row of rows) if (row.optedOutAt) persons.add(personKey(row));
  return (row) => persons.has(personKey(row));
}

/**
 * Everyone whom the bot can speak to alone, each once, where it heard of them last. A person is a user of a channel; where
 * users name themselves, a conversation. Groups are left out: what is meant for one is not for all to read.
 */
export function reachableUsers<Row extends StoredReference>(rows: Iterable<Row>): Row[] {
  const chosen = new Map<string, Row>();
  for (const row of rows) {
    if (isGroup(row)) continue;
    const person = personKey(row);
    const known = chosen.get(person);
    if (!known || known.seenAt < row.seenAt) chosen.set(person, row);
  }
  return [...chosen.values()];
}

/** Whom a message reaches that is meant for everyone: the same people, without those who have opted out. */
export function audience<Row extends StoredReference>(rows: readonly Row[]): { reached: Row[]; optedOut: number } {
  const everyone = reachableUsers(rows);
  const isOut = optedOut(rows);
  const reached = everyone.filter((row) => !isOut(row));
  return { reached, optedOut: everyone.length - reached.length };
}

/** Where the bot can speak to a user alone, the conversation where it heard of them last first. */
export function privateConversationsOf<Row extends StoredReference>(user: string, rows: readonly Row[]): Row[] {
  const own = rows.filter((row) => row.userId === user && !isGroup(row));
  return own.sort((a, b) => b.seenAt.getTime() - a.seenAt.getTime());
}

/** A text that is the same for the rows of one person, and for no other's. */
export function personKey({
  channelId,
  conversationId,
  userId,
}: Pick<StoredReference, "channelId" | "conversationId" | "userId">): string {
  return JSON.stringify(isSelfNamed({ channelId }) ? [channelId, conversationId] : [channelId, "user", userId]);
}
