import { z } from "zod";
import { channels, id, serviceUrl } from "./conversation-reference";
import { InvalidMessageError } from "./invalid-message";
import type { QueueMessage } from "./queue-message";

const fields = {
  channelId: z.enum(channels),
  userId: id.describe("The channel's own id of the user (on Teams `29:…`), or on Teams the Microsoft Entra object id."),
  tenantId: id
    .nullish()
    .describe("The user's Microsoft Entra tenant. With it the bot reaches Teams users that never wrote to it."),
  serviceUrl: serviceUrl.nullish(),
};

function unknownFields(names: string[]): string {
  return `expected no field "${names.join('", "')}", only ${Object.keys(fields).join(", ")}`;
}

/** A user, for programs that have no ConversationReference: the bot finds the conversation, or opens one on Teams. */
export const addressee = z
  .strictObject(fields, {
    error: (issue) => (issue.code === "unrecognized_keys" ? unknownFields(issue.keys) : undefined),
  })
  .describe("The user to send to, when `relatesTo` is not known.");

export type Addressee = z.infer<typeof addressee>;

/** @throws InvalidMessageError with the wrong field of `to` */
export function readAddressee(value: unknown): Addressee {
  const { success, data, error } = z.object({ to: addressee }).safeParse({ to: value }, { reportInput: true });
  if (success) return data.to;
  throw InvalidMessageError.of(error);
}

/** The ids of the conversation or the user that a message is for. */
export interface Destination {
  channelId?: string;
  conversationId?: string;
  userId?: string;
}

export function destinationOf({ relatesTo, to }: Pick<QueueMessage, "relatesTo" | "to">): Destination {
  if (to) return { channelId: to.channelId, userId: to.userId };
  return { channelId: relatesTo?.channelId, conversationId: relatesTo?.conversation.id, userId: relatesTo?.user?.id };
}
