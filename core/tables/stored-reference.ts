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

/** Where to speak to whom the row is of. */
export function referenceIn({ reference }: StoredReference): ConversationReference {
  return JSON.parse(reference);
}

export function isGroup(row: StoredReference): boolean {
  return referenceIn(row).conversation.isGroup === true;
}
