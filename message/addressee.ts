import { z } from "zod";
import { channels } from "./channels";

/** A user, for those who have no ConversationReference: the bot finds the conversation, or opens one on Teams. */
export const addressee = z
  .strictObject({
    channelId: z.enum(channels),
    userId: z
      .string()
      .min(1)
      .describe("The channel's own id of the user (on Teams `29:…`), or on Teams the Microsoft Entra object id."),
    tenantId: z
      .string()
      .min(1)
      .nullish()
      .describe("The user's Microsoft Entra tenant: with it the bot reaches on Teams who never wrote to it."),
    serviceUrl: z.url().nullish().describe("The channel's own address, where it is not the usual one."),
  })
  .describe("A user to speak to, where `relatesTo` is not known.");

export type Addressee = z.infer<typeof addressee>;
