import type { ConversationReference } from "../message/conversation-reference";

/** A row of the table `references`. */
export interface StoredReference {
  channelId: string;
  conversationId: string;
  userId: string;
  serviceUrl: string;
  /** The ConversationReference as JSON. */
  reference: string;
  /** When the bot heard of the user last. */
  seenAt: Date;
  /** The Teams team whose channel it is; rows of older versions have none. */
  teamId?: string;
  /** The user's Microsoft Entra object id, which Teams tells. */
  aadObjectId?: string;
  /** Why the last message for the user failed, in words; empty when the user has been heard of since. */
  problem?: string;
  /** When it failed. */
  problemAt?: Date;
  /** When the user asked for no more messages that are meant for many. */
  optedOutAt?: Date;
  /** The activity that took the wish back, by its key: its channel may deliver it again. */
  optedInBy?: string;
}

/** How the partitions begin in which the rows of one user's own conversations are copied. */
export const copyPrefix = "user-";

/** What to ask the table `references` for, to get each row once: the partitions of conversations are hexadecimal. */
export const withoutCopies = { filter: `PartitionKey lt '${copyPrefix}'` };

/** Channels on which anyone may call themselves as they like, and where a page that is opened again has another user. */
const selfNamed = ["directline", "webchat"];

export function isSelfNamed({ channelId }: Pick<StoredReference, "channelId">): boolean {
  return selfNamed.includes(channelId);
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

/** Where to speak to whom the row is of. */
export function referenceIn({ reference }: StoredReference): ConversationReference {
  return JSON.parse(reference);
}

export function isGroup(row: StoredReference): boolean {
  return referenceIn(row).conversation.isGroup === true;
}

/** A text that is the same for the rows of one person, and for no other's. */
export function personKey({
  channelId,
  conversationId,
  userId,
}: Pick<StoredReference, "channelId" | "conversationId" | "userId">): string {
  return JSON.stringify(isSelfNamed({ channelId }) ? [channelId, conversationId] : [channelId, "user", userId]);
}
