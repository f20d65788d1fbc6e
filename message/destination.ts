import type { QueueMessage } from "./queue-message";

/** Whom a message is for: a conversation and perhaps its user, or a user whose conversation only the bot knows. */
export interface Destination {
  channelId?: string;
  conversationId?: string;
  userId?: string;
}

export function destinationOf({ relatesTo, to }: Pick<QueueMessage, "relatesTo" | "to">): Destination {
  if (to) return { channelId: to.channelId, userId: to.userId };
  return { channelId: relatesTo?.channelId, conversationId: relatesTo?.conversation.id, userId: relatesTo?.user?.id };
}
