import type { ConversationReference } from "../message/conversation-reference";

/** A row of the table `references`. */
export interface StoredReference {
  channelId: string;
  conversationId: string;
  userId: string;
  serviceUrl: string;
  /** The ConversationReference as JSON. */
  reference: string;
  /** The time of the user's last activity. */
  seenAt: Date;
  /** The Teams team of the channel; rows of older versions have none. */
  teamId?: string;
  /** The user's Microsoft Entra object id, on Teams. */
  aadObjectId?: string;
  /** The reason why the last message to the user failed; empty after a newer activity of the user. */
  problem?: string;
  /** The time of that failure. */
  problemAt?: Date;
  /** The time at which the user opted out of broadcasts. */
  optedOutAt?: Date;
  /** The key of the activity with which the user opted in again: the channel may deliver it twice. */
  optedInBy?: string;
}

/** The beginning of the partition keys of copies: they hold the private conversations of one user. */
export const copyPrefix = "user-";

/** The query of the table `references` without copies. The other partition keys are hexadecimal. */
export const withoutCopies = { filter: `PartitionKey lt '${copyPrefix}'` };

/** The channels where a chat page chooses the user id, and takes a new one when it is opened again. */
const selfNamed = ["directline", "webchat"];

export function isSelfNamed({ channelId }: Pick<StoredReference, "channelId">): boolean {
  return selfNamed.includes(channelId);
}

/** The ConversationReference of a row. */
export function referenceIn({ reference }: StoredReference): ConversationReference {
  return JSON.parse(reference);
}

export function isGroup(row: StoredReference): boolean {
  return referenceIn(row).conversation.isGroup === true;
}
