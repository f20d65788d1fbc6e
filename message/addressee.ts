import { z } from "zod";
import { channels } from "./channels";
import { serviceUrl } from "./conversation-reference";
import { InvalidMessage } from "./invalid-message";
import { id } from "./text";

const fields = {
  channelId: z.enum(channels),
  userId: id.describe("The channel's own id of the user (on Teams `29:…`), or on Teams the Microsoft Entra object id."),
  tenantId: id
    .nullish()
    .describe("The user's Microsoft Entra tenant: with it the bot reaches on Teams who never wrote to it."),
  serviceUrl: serviceUrl.nullish(),
};

function unknownFields(names: string[]): string {
  return `expected no field "${names.join('", "')}", only ${Object.keys(fields).join(", ")}`;
}

/** A user, for those who have no ConversationReference: the bot finds the conversation, or opens one on Teams. */
export const addressee = z
  .strictObject(fields, {
    error: (issue) => (issue.code === "unrecognized_keys" ? unknownFields(issue.keys) : undefined),
  })
  .describe("A user to speak to, where `relatesTo` is not known.");

export type Addressee = z.infer<typeof addressee>;

/** @throws InvalidMessage naming the field of `to` that is wrong */
export function readAddressee(value: unknown): Addressee {
  const { success, data, error } = z.object({ to: addressee }).safeParse({ to: value }, { reportInput: true });
  if (success) return data.to;
  throw InvalidMessage.of(error);
}
