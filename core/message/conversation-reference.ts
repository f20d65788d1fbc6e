import { z } from "zod";

/** The longest id or name, in UTF-16 units: Teams' ids have some 200, and an id is part of a channel's URL. */
const longestId = 1_024;

/** Half a surrogate pair is no character: it has no UTF-8, and a channel refuses it. */
const half = /\p{Surrogate}/u;

/** A text that UTF-8 can carry. */
export const text = z.string().refine((value) => !half.test(value), "expected text without half a surrogate pair");

const tooLong = `expected at most ${longestId} characters`;

/** What a channel says of somebody or something. Channels cut names short, in the middle of a pair, too. */
export const name = z.string().max(longestId, tooLong);

/** By what a channel finds somebody or something. */
export const id = text.min(1, "expected an id, not an empty text").max(longestId, tooLong);

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
