import { z } from "zod";

/** The longest id or name, in UTF-16 units. Teams' ids have about 200, and an id becomes part of a URL. */
const longestId = 1_024;

/** Half a surrogate pair is not a character: UTF-8 cannot encode it, and channels refuse it. */
const half = /\p{Surrogate}/u;

/** A text that UTF-8 can encode. */
export const text = z.string().refine((value) => !half.test(value), "expected text without half a surrogate pair");

const tooLong = `expected at most ${longestId} characters`;

/** A name that a channel gives. It may end in half a surrogate pair, where the channel has cut it. */
export const name = z.string().max(longestId, tooLong);

/** A channel's id of a user, a bot or a conversation. */
export const id = text.min(1, "expected an id, not an empty text").max(longestId, tooLong);

/** The channels of Azure Bot Service: `Channels` in botframework-schema 4.23, without the two that are retired. */
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

/** The address of a channel's service. */
export const serviceUrl = z
  .url("expected a URL")
  .max(2_048, "expected at most 2048 characters")
  .describe("The address of the channel's service. Its host must be on the bot's allow-list.");

/**
 * The Bot Framework's ConversationReference, as `TurnContext.getConversationReference` makes it. Only the fields that a
 * proactive message needs are required; unknown fields are kept.
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
  .describe("The conversation to send to: the Bot Framework's ConversationReference.");

export type ConversationReference = z.infer<typeof conversationReference>;
