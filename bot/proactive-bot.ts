import { randomUUID } from "node:crypto";
import { type Activity, ActivityTypes, Channels, TurnContext } from "botbuilder";
import {
  eventName,
  InvalidMessage,
  type MessageQueue,
  parseMessage,
  QueueMissing,
  type Secret,
  TableUnreachable,
  wholeMessage,
} from "../message";
import type { ConversationTurns } from "./conversation-turns";
import type { ConversationDialogs } from "./dialogs/conversation-dialogs";
import { EventGate } from "./event-gate";
import { Incoming } from "./incoming";
import { log, reason } from "./log";
import type { OptOuts } from "./opt-outs";
import { textWithoutOwnMention } from "./own-mention";
import type { ProactiveDelivery } from "./proactive-delivery";
import type { References } from "./references";
import { StateContested } from "./state/item-store";

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
    const followed = this.references.follow(context.activity);
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
    if (activity.type === ActivityTypes.Message) {
      activity.text = textWithoutOwnMention(activity);
      await this.turns.run(activity.conversation.id, () => this.answer(context));
    }
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

  private async answer(context: TurnContext): Promise<void> {
    const wish = await this.optOuts.answer(context.activity);
    if (wish) return void (await context.sendActivity(wish));
    const isAnswered = await this.answerInDialog(context);
    if (!isAnswered) await context.sendActivity(await this.enqueue(context.activity));
  }

  /** While the state is out of reach nobody knows whether a dialog waits: then nothing is queued, and the user is told so. */
  private async answerInDialog(context: TurnContext): Promise<boolean> {
    try {
      return await this.dialogs.answer(context);
    } catch (error) {
      if (!(error instanceof TableUnreachable || error instanceof StateContested)) throw error;
      log("error", "not answered", { reason: reason(error) });
      await context.sendActivity(apology(error, this.queue.name));
      return true;
    }
  }

  /** Returns what to tell the user. */
  private async enqueue(activity: Activity): Promise<string> {
    const text = activity.text ?? "";
    const id = randomUUID();
    try {
      const relatesTo = TurnContext.getConversationReference(activity);
      await this.queue.enqueue(parseMessage({ relatesTo, text, id }));
    } catch (error) {
      log("error", "not queued", { id, reason: reason(error) });
      return apology(error, this.queue.name);
    }
    log("info", "queued", { id });
    return `You said ${text}. Your message has been added to a queue, and it will be sent back to you via a Function shortly.`;
  }
}

/** Only Direct Line carries our function's events; botbuilder has checked that the channel is who it says. */
function isProactiveEvent({ type, name, channelId }: Activity): boolean {
  return type === ActivityTypes.Event && name === eventName && channelId === Channels.Directline;
}

function apology(error: unknown, queueName: string): string {
  if (error instanceof InvalidMessage) {
    if (error.field === "text") return "Your message has no text. Please write one.";
    return error.field === wholeMessage
      ? "Your message is too long for the queue. Please send a shorter one."
      : "This bot cannot come back to you on this channel. Please tell whoever runs it.";
  }
  if (error instanceof QueueMissing) {
    return `Your message was not added to the queue: the queue "${queueName}" does not exist. Please tell whoever runs this bot.`;
  }
  return "Your message could not be added to the queue. Please try again in a moment.";
}
