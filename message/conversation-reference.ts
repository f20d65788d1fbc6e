import { z } from "zod";
import { channels } from "./channels";

const account = z.looseObject({ id: z.string().min(1) });

/**
 * Where to speak: the Bot Framework's ConversationReference, as `TurnContext.getConversationReference` makes it.
 * Only what a proactive send needs is required; everything else is kept as it came.
 */
export const conversationReference = z
  .looseObject({
    conversation: z.looseObject({ id: z.string().min(1) }),
    channelId: z.enum(channels),
    serviceUrl: z.url().describe("The channel's own address; its host must be on the bot's allow-list."),
    user: account.nullish(),
    bot: account.nullish(),
  })
  .describe("Where to speak: the Bot Framework's ConversationReference.");

export type ConversationReference = z.infer<typeof conversationReference>;
