import type { StoredActivity } from "./activity";
import type { Bot } from "./bot";
import type { BotTokens } from "./bot-token";
import { ServiceError } from "./service-error";

export interface BotClientOptions {
  tokens: BotTokens;
  fetch: typeof fetch;
  /** Milliseconds that a bot may take to answer. */
  timeout: number;
  log(line: string): void;
}

/** Posts activities to bots. */
export class BotClient {
  constructor(private readonly options: BotClientOptions) {}

  /** Resolves when the bot accepts the activity. @throws ServiceError that Direct Line then answers: 502, or 504 after the timeout */
  async deliver(bot: Bot, conversationId: string, activity: StoredActivity & { serviceUrl: string }): Promise<void> {
    const outcome = await this.post(bot, activity);
    if (outcome === "accepted") return;
    this.options.log(`bot service: bot "${bot.name}" ${outcome} (${activity.type}, conversation ${conversationId})`);
    throw outcome === timedOut
      ? new ServiceError(504, "BotError", "Failed to send activity: bot timed out")
      : new ServiceError(502, "BotError", "Failed to send activity: bot returned an error");
  }

  private async post(bot: Bot, activity: StoredActivity & { serviceUrl: string }): Promise<string> {
    const token = await this.options.tokens.get(bot.appId, activity.serviceUrl);
    try {
      const response = await this.options.fetch(bot.endpoint, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json; charset=utf-8" },
        body: JSON.stringify(activity),
        // A redirect would send the token to another host. It counts as an error, like every status from 300.
        redirect: "manual",
        signal: AbortSignal.timeout(this.options.timeout),
      });
      // An unread body would keep its connection open.
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
