import { randomUUID } from "node:crypto";
import { type Activity, ActivityTypes, Channels, TurnContext } from "botbuilder";
import { InvalidMessageError, wholeMessage } from "../core/message/invalid-message";
import { parseMessage } from "../core/message/queue-message";
import { eventName } from "../core/message/signed-event";
import { mapConcurrent } from "../core/promises";
import { type MessageQueue, QueueMissingError } from "../core/queue/message-queue";
import { TableUnreachableError } from "../core/tables/table";
import type { Secret } from "../core/vault-secret";
import { activityKey } from "./channel/activity-key";
import type { ConversationTurns } from "./channel/conversation-turns";
import { isCardAction, readUserMessage, type UserMessage } from "./channel/user-message";
import type { ConversationDialogs, Taken } from "./dialogs/engine/conversation-dialogs";
import { log, reason } from "./log";
import type { ProactiveDelivery } from "./proactive/delivery";
import { EventGate } from "./proactive/event-gate";
import { Incoming } from "./proactive/incoming";
import { StateContestedError } from "./state/item-store";
import type { OptOuts } from "./state/opt-outs";
import type { Conversation, References } from "./state/references";
import { trimmed } from "./words";

/**
 * What the bot does with a turn: a message goes to the dialog that waits for it, or else to the queue; a proactive event
 * comes back from there.
 */
export class ProactiveBot {
  private readonly gate: EventGate;

  constructor(
    private readonly queue: MessageQueue,
    private readonly delivery: ProactiveDelivery,
    private readonly turns: ConversationTurns,
    webhook: Secret,
    private readonly dialogs: ConversationDialogs,
    private readonly references: References,
    private readonly optOuts: OptOuts,
  ) {
    this.gate = new EventGate(webhook);
  }

  /** Where the user can be reached is written down beside the answer: nobody waits for it, and it is not lost. */
  async run(context: TurnContext): Promise<void> {
    const followed = this.references.follow(context.activity).then((ended) => this.end(ended));
    try {
      await this.react(context);
    } finally {
      await followed;
    }
  }

  /** Other activities (someone joined, typing, …) need no answer. */
  private async react(context: TurnContext): Promise<void> {
    const { activity } = context;
    if (isProactiveEvent(activity)) return this.deliver(activity);
    const isCard = isCardAction(activity);
    if (!isCard && activity.type !== ActivityTypes.Message) return;
    await this.turns.run(activity.conversation.id, () => this.answer(context));
    if (isCard) await context.sendActivity(cardAnswered);
  }

  private async deliver(activity: Activity): Promise<void> {
    const event = await this.gate.admit(activity);
    if (!event) return;
    try {
      await this.delivery.deliver(new Incoming(event));
    } catch (error) {
      this.gate.release(event);
      throw error;
    }
  }

  /** Ends the dialogs of conversations that the bot was removed from: after a new installation nothing is open. */
  private async end(conversations: Conversation[]): Promise<void> {
    await mapConcurrent(atOnce, conversations, async (ended) => {
      const end = this.turns.run(ended.conversation.id, () => this.dialogs.end(ended));
      await end.catch((error) => log("error", "dialogs not ended", { reason: reason(error) }));
    });
  }

  private async answer(context: TurnContext): Promise<void> {
    const message = readUserMessage(context.activity);
    const wish = await this.optOuts.answer(context.activity, message.text);
    if (wish) return this.acknowledge(context, wish);
    const taken = await this.answerInDialog(context, message);
    if (taken?.by === "queue") await this.answerByQueue(context, message, taken);
  }

  /** The user's message and this answer hide the open question's buttons. */
  private async acknowledge(context: TurnContext, answer: string): Promise<void> {
    await context.sendActivity(answer);
    await this.dialogs.restoreButtons(context).catch((error) => {
      log("warn", "buttons not shown again", { reason: reason(error) });
    });
  }

  /**
   * While the state is out of reach nobody knows whether a dialog waits: then nothing is queued, the user is told so, and
   * this resolves to undefined.
   */
  private async answerInDialog(context: TurnContext, message: UserMessage): Promise<Taken | undefined> {
    try {
      return await this.dialogs.take(context, message);
    } catch (error) {
      if (!(error instanceof TableUnreachableError || error instanceof StateContestedError)) throw error;
      log("error", "not answered", { reason: reason(error) });
      await context.sendActivity(apology(error, this.queue.name));
      return undefined;
    }
  }

  /**
   * A message that is delivered again goes to the queue again, in case the first try ended before that. Its id is the same, so
   * it comes back once. A message that could not be queued is handled as new when it is delivered again.
   */
  private async answerByQueue(context: TurnContext, message: UserMessage, taken: Taken): Promise<void> {
    try {
      const answer = await this.enqueue(context.activity, message);
      if (!taken.isAgain) await context.sendActivity(answer);
    } catch (error) {
      await taken.giveBack().catch((failure) => log("error", "state not put back", { reason: reason(failure) }));
      if (!(error instanceof NotQueuedError) || taken.isAgain) throw error; // the user was told that it is on the queue
      await context.sendActivity(apology(error.cause, this.queue.name));
    }
  }

  /** Resolves to the answer for the user. @throws NotQueuedError */
  private async enqueue(activity: Activity, message: UserMessage): Promise<string> {
    const words = Buffer.from(message.text || submittedText(message)).toString(); // half a surrogate pair fits no message
    if (!trimmed(words)) return nothingToRead(message);
    const id = activityKey(activity) ?? randomUUID();
    try {
      const relatesTo = TurnContext.getConversationReference(activity);
      await this.queue.enqueue(parseMessage({ relatesTo, text: this.dialogs.registry.forQueue(words), id }));
    } catch (error) {
      log("error", "not queued", { id, reason: reason(error) });
      throw new NotQueuedError(error);
    }
    log("info", "queued", { id });
    return `You said ${words}. Your message has been added to a queue, and it will be sent back to you via a Function shortly.`;
  }
}

/** The user's message is not on the queue; the cause says why. */
class NotQueuedError extends Error {
  override readonly name = "NotQueuedError";

  constructor(cause: unknown) {
    super("the message is not on the queue", { cause });
  }
}

/** How many conversations are ended side by side. */
const atOnce = 8;

/**
 * The answer that a channel expects to a card's Action.Execute. The dialog's own answers are messages.
 * Source: learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model
 */
const cardAnswered = {
  type: ActivityTypes.InvokeResponse,
  value: {
    status: 200,
    body: { statusCode: 200, type: "application/vnd.microsoft.activity.message", value: "Your answer has arrived." },
  },
};

/** The data of a card without an `answer`, as JSON; empty for other messages. */
function submittedText({ value }: UserMessage): string {
  try {
    return value ? JSON.stringify(value) : "";
  } catch {
    return ""; // JavaScript reads data that is nested more deeply than it can write
  }
}

function nothingToRead({ hasAttachments }: UserMessage): string {
  return hasAttachments
    ? "You sent an attachment, but this bot reads text only. Please write a message."
    : "Your message has no text. Please write one.";
}

/** Only Direct Line carries our function's events; botbuilder has checked that the channel is who it says. */
function isProactiveEvent({ type, name, channelId }: Activity): boolean {
  return type === ActivityTypes.Event && name === eventName && channelId === Channels.Directline;
}

function apology(error: unknown, queueName: string): string {
  if (error instanceof InvalidMessageError) {
    return error.field === wholeMessage
      ? "Your message is too long for the queue. Please send a shorter one."
      : "This bot cannot come back to you on this channel. Please tell whoever runs it.";
  }
  if (error instanceof QueueMissingError) {
    return `Your message was not added to the queue: the queue "${queueName}" does not exist. Please tell whoever runs this bot.`;
  }
  return "Your message could not be added to the queue. Please try again in a moment.";
}
