/** A bot that is registered with the service, as `Microsoft.BotService/botServices` describes it. */
export interface Bot {
  /** The resource's name; also the id of the bot's account in conversations. */
  name: string;
  /** The bot's app id (`msaAppId`), which is the audience of the tokens that the service sends. */
  appId: string;
  /** The URL that activities are posted to, e.g. `https://host/api/messages`. */
  endpoint: string;
}

/** The two secrets of a bot's Direct Line channel. Both are valid, so that each can be rotated alone. */
export interface DirectLineKeys {
  key: string;
  key2: string;
}
