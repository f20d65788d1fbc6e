export type { Bot, DirectLineKeys } from "./bot";
export { BotService, type BotServiceOptions, type BotServiceUrls } from "./bot-service";
