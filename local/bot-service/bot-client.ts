import type { StoredActivity } from "./activity";
import type { Bot } from "./bot";
import type { BotTokens } from "./bot-token";
import { ServiceError } from "./service-error";

export interface BotClientOptions {
  tokens: BotTokens;
  fetch: typeof fetch;
  /** Milliseconds; a bot that takes longer has failed. */
  timeout: number;
  log(line: string): void;
}

/** Posts activities to bots. */
export class BotClient {
  constructor(private readonly options: BotClientOptions) {}

  /** Resolves when the bot has accepted; else throws the error that Direct Line answers (502, or 504 after the time-out). */
  async deliver(bot: Bot, conversationId: string, activity: StoredActivity & { serviceUrl: string }): Promise<void> {
    const outcome = await this.post(bot, activity);
    if (outcome === "accepted") return;
    this.options.log(`bot service: bot "${bot.name}" ${outcome} (${activity.type}, conversation ${conversationId})`);
    throw outcome === timedOut
      ? new ServiceError(504, "BotError", "Failed to send activity: bot timed out")
      : new ServiceError(502, "BotError", "Failed to send activity: bot returned an error");
  }

  private async post(bot: Bot, activity: StoredActivity & { serviceUrl: string }): Promise<string> {
    const token = await this.options.tokens.for(bot.appId, activity.serviceUrl);
    try {
      const response = await this.options.fetch(bot.endpoint, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json; charset=utf-8" },
        body: JSON.stringify(activity),
        // A redirect would carry the token to another host; it counts as an error, as every status from 300.
        redirect: "manual",
        signal: AbortSignal.timeout(this.options.timeout),
      });
      // Read to the end: an unread body keeps its connection.
      await response.arrayBuffer();
      return response.status < 300 ? "accepted" : `answered ${response.status}`;
    } catch (error) {
      if ((error as Error).name === "TimeoutError") return timedOut;
      return `is unreachable: ${causeOf(error)}`;
    }
  }
}

const timedOut = "timed out";

function causeOf(error: unknown): string {
  const { cause, message } = error as Error & { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? message;
}
