import { z } from "zod";
import { id, name } from "./text";

/** The channels that Azure Bot Service speaks: `Channels` in botframework-schema 4.23, without its two retired ones. */
export const channels = [
  "alexa",
  "console",
  "directline",
  "directlinespeech",
  "email",
  "emulator",
  "facebook",
  "groupme",
  "line",
  "m365extensions",
  "msteams",
  "omnichannel",
  "outlook",
  "skype",
  "slack",
  "sms",
  "telegram",
  "telephony",
  "test",
  "twilio-sms",
  "webchat",
] as const;

/** The Bot Framework's ChannelAccount. */
const account = z.looseObject({
  id,
  name: name.nullish(),
  aadObjectId: name.nullish(),
  role: name.nullish(),
});

/** The Bot Framework's ConversationAccount. */
const conversation = z.looseObject({
  id,
  name: name.nullish(),
  isGroup: z.boolean().nullish(),
  conversationType: name.nullish(),
  tenantId: name.nullish(),
  aadObjectId: name.nullish(),
  role: name.nullish(),
});

/** A channel's own address. */
export const serviceUrl = z
  .url("expected a URL")
  .max(2_048, "expected at most 2048 characters")
  .describe("The channel's own address; its host must be on the bot's allow-list.");

/**
 * Where to speak: the Bot Framework's ConversationReference, as `TurnContext.getConversationReference` makes it.
 * Only what a proactive send needs is required; unknown fields are kept as they came.
 */
export const conversationReference = z
  .looseObject({
    conversation,
    channelId: z.enum(channels),
    serviceUrl,
    user: account.nullish(),
    bot: account.nullish(),
    activityId: name.nullish(),
    locale: name.nullish(),
  })
  .describe("Where to speak: the Bot Framework's ConversationReference.");

export type ConversationReference = z.infer<typeof conversationReference>;
