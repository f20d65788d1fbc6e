/** A bot that is registered with the service, as `Microsoft.BotService/botServices` describes it. */
export interface Bot {
  /** The resource's name; also the id of the bot's account in conversations. */
  name: string;
  /** The bot's app id (`msaAppId`): the audience of the tokens that the service sends. */
  appId: string;
  /** Where activities are posted, e.g. `https://host/api/messages`. */
  endpoint: string;
}

/** The two secrets of a bot's Direct Line channel; both are valid, so that one can be rotated at a time. */
export interface DirectLineKeys {
  key: string;
  key2: string;
}
