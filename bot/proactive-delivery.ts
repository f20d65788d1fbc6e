import type { ConversationReference, TurnContext } from "botbuilder";
import {
  InvalidMessage,
  type MessageQueue,
  parseMessage,
  parseRetryAfter,
  type QueueMessage,
  type SignedEvent,
} from "../message";
import type { ChannelAdapter } from "./channel-adapter";
import type { ConversationTurns } from "./conversation-turns";
import type { ConversationDialogs } from "./dialogs/conversation-dialogs";
import { log, reason } from "./log";
import { ForbiddenService } from "./service-hosts";
import { ItemTooLarge } from "./state/entity";
import { within } from "./within";

/** Milliseconds for a proactive send: the channel that brought the event waits 15 s, and putting it off takes some, too. */
const sendLimit = 6_000;

/** Milliseconds for which a message that was said is remembered by its id. */
const memory = 10 * 60 * 1000;

/** Brings a queue message to the conversation it relates to: says its text, or starts its dialog. */
export class ProactiveDelivery {
  private readonly sends = new Map<string, Promise<void>>();

  constructor(
    private readonly adapter: ChannelAdapter,
    private readonly queue: MessageQueue,
    private readonly turns: ConversationTurns,
    private readonly appId: string,
    private readonly dialogs: ConversationDialogs,
  ) {}

  /**
   * Resolves when the message is delivered, deferred or set aside: then the function may forget it.
   * @throws what made it impossible, so that the channel's error reaches the function and it defers.
   */
  async deliver(event: SignedEvent): Promise<void> {
    try {
      await within(sendLimit, "the proactive send", this.send(event));
    } catch (error) {
      return this.recover(event, error);
    }
    log("info", "delivered", { id: event["webhook-id"] });
  }

  private async recover(event: SignedEvent, error: unknown): Promise<void> {
    const id = event["webhook-id"];
    const details = { id, reason: reason(error) };
    if (isThrottled(error)) {
      const deferred = await this.queue.defer({ ...parseMessage(event.Message), id }, retryAfter(error));
      if (deferred) return log("warn", "deferred", details);
    } else if (!isFinal(error)) {
      throw error;
    }
    await this.queue.poison(event.Message);
    log("error", "failed", details);
  }

  /** A message that is being said, or was, is not said again: the function brings back what took too long. */
  private send(event: SignedEvent): Promise<void> {
    const id = event["webhook-id"];
    const known = this.sends.get(id);
    if (known) return known;
    const sending = this.speak(parseMessage(event.Message), id);
    this.sends.set(id, sending);
    const forget = () => this.sends.delete(id);
    sending.then(() => setTimeout(forget, memory).unref(), forget);
    return sending;
  }

  /** @throws InvalidMessage, at once, for a dialog that nobody knows */
  private speak(message: QueueMessage, id: string): Promise<void> {
    const dialog = this.dialogs.registry.startedBy(message);
    const turn = async (context: TurnContext) => {
      context.activity.id = undefined as unknown as string; // else Web Chat waits 5 s for the activity this "replies" to
      if (dialog) await this.dialogs.start(context, dialog, id);
      else await context.sendActivity(`This is coming back from the trigger! ${message.text}`);
    };
    const { relatesTo } = message;
    const reference = relatesTo as unknown as Partial<ConversationReference>;
    return this.turns.run(relatesTo.conversation.id, () => this.adapter.resume(this.appId, reference, turn));
  }
}

/** Trying again cannot help: the message is wrong, the user blocked the bot (403), or the conversation is gone (404). */
function isFinal(error: unknown): boolean {
  if ([InvalidMessage, ForbiddenService, ItemTooLarge].some((kind) => error instanceof kind)) return true;
  return [400, 403, 404, 413].includes(statusOf(error));
}

/** The channel wants us to come back later: learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit. */
function isThrottled(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 429 || status >= 500;
}

/** The channel's answer, which the connector throws as a RestError; other errors (no token, no network) are not answers. */
function statusOf(error: unknown): number {
  const { name, statusCode = 0 } = error as { name?: string; statusCode?: number };
  return name === "RestError" ? statusCode : 0;
}

function retryAfter(error: unknown): number {
  const { response } = error as { response?: { headers?: { get?(name: string): string | undefined } } };
  return parseRetryAfter(response?.headers?.get?.("retry-after"));
}
