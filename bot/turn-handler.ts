import { type Activity, ActivityTypes, Channels, type TurnContext } from "botbuilder";
import { eventName } from "../core/message/signed-event";
import { mapConcurrent } from "../core/promises";
import { TableUnreachableError } from "../core/tables/table";
import type { Secret } from "../core/vault-secret";
import type { ConversationTurns } from "./channel/conversation-turns";
import { isCardAction, readUserMessage, type UserMessage } from "./channel/user-message";
import { log, reason } from "./log";
import { onMessage } from "./on-message";
import type { ProactiveDelivery } from "./proactive/delivery";
import { admitEvent, ReceivedEvent } from "./proactive/received-event";
import { NotQueuedError, type UserQueue } from "./proactive/user-queue";
import { replies } from "./replies";
import type { Conversation } from "./state/conversation-store";
import type { Conversations, Dialogs, Handling } from "./state/conversations";
import type { OptOuts } from "./state/opt-outs";
import type { References } from "./state/references";

/** The number of conversations that end at the same time when a team is deleted. */
const concurrentEnds = 8;

/**
 * The answer that a channel expects to a card's Action.Execute. The dialog's own answers are messages.
 * Source: learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model
 */
const cardAnswered = {
  type: ActivityTypes.InvokeResponse,
  value: {
    status: 200,
    body: { statusCode: 200, type: "application/vnd.microsoft.activity.message", value: replies.cardReceived },
  },
};

export interface TurnHandlerParts {
  conversations: Conversations;
  dialogs: Dialogs;
  userQueue: UserQueue;
  delivery: ProactiveDelivery;
  turns: ConversationTurns;
  /** The secret that signs proactive events. */
  webhook: Secret;
  references: References;
  optOuts: OptOuts;
}

/**
 * Runs the turn of each activity. A proactive event is delivered. A user's message goes to the open dialog, or else to
 * `on-message.ts`.
 */
export class TurnHandler {
  constructor(private readonly parts: TurnHandlerParts) {}

  /** Keeps the user's reference beside the answer: the user does not wait for it, but the turn does. */
  async run(context: TurnContext): Promise<void> {
    const followed = this.parts.references.follow(context.activity).then((ended) => this.endDialogs(ended));
    try {
      await this.handle(context);
    } finally {
      await followed;
    }
  }

  /** Other activities (someone joined, typing, …) need no answer. */
  private async handle(context: TurnContext): Promise<void> {
    const { activity } = context;
    if (isProactiveEvent(activity)) return this.deliver(activity);
    const isCard = isCardAction(activity);
    if (!isCard && activity.type !== ActivityTypes.Message) return;
    await this.parts.turns.run(activity.conversation.id, () => this.answer(context));
    if (isCard) await context.sendActivity(cardAnswered);
  }

  /** An event that comes again is harmless: its delivery is claimed once. */
  private async deliver(activity: Activity): Promise<void> {
    const event = await admitEvent(activity, this.parts.webhook);
    if (event) await this.parts.delivery.deliver(new ReceivedEvent(event));
  }

  private async answer(context: TurnContext): Promise<void> {
    const message = readUserMessage(context.activity);
    const answer = await this.parts.optOuts.answer(context.activity, message.text);
    if (answer) return this.answerOptOut(context, answer);
    const handling = await this.answerInDialog(context, message);
    if (handling && !handling.isAnswered) await this.answerWithoutDialog(context, message, handling);
  }

  /** The user's message and this answer hide the open question's buttons. */
  private async answerOptOut(context: TurnContext, answer: string): Promise<void> {
    await context.sendActivity(answer);
    await this.parts.dialogs.restoreButtons(context).catch((error) => {
      log("warn", "buttons not shown again", { reason: reason(error) });
    });
  }

  /** While the table is out of reach, it is unknown whether a dialog waits: then the user is asked to try again. */
  private async answerInDialog(context: TurnContext, message: UserMessage): Promise<Handling | undefined> {
    const { conversations, dialogs } = this.parts;
    try {
      return await conversations.handle(context, (memory) =>
        dialogs.answer(memory, message, context.activity.from?.id),
      );
    } catch (error) {
      if (!(error instanceof TableUnreachableError)) throw error;
      log("error", "not answered", { reason: reason(error) });
      await context.sendActivity(replies.notQueued);
      return undefined;
    }
  }

  /** A message that is delivered again is handled again, in case the first turn ended too early, and is not answered again. */
  private async answerWithoutDialog(context: TurnContext, message: UserMessage, handling: Handling): Promise<void> {
    try {
      const reply = await onMessage(context, message, this.parts.userQueue);
      if (!handling.isAgain) await context.sendActivity(reply);
    } catch (error) {
      await handling.undo().catch((failure) => log("error", "state not put back", { reason: reason(failure) }));
      if (!(error instanceof NotQueuedError) || handling.isAgain) throw error; // the user has had the first reply
      await context.sendActivity(error.reply);
    }
  }

  /** Ends the dialogs of conversations that the bot was removed from: after a new installation nothing is open. */
  private async endDialogs(conversations: Conversation[]): Promise<void> {
    const { turns, dialogs } = this.parts;
    await mapConcurrent(concurrentEnds, conversations, async (ended) => {
      const end = turns.run(ended.conversation.id, () => dialogs.end(ended));
      await end.catch((error) => log("error", "dialogs not ended", { reason: reason(error) }));
    });
  }
}

/** Only Direct Line carries the function's events; botbuilder has checked that the channel is who it says. */
function isProactiveEvent({ type, name, channelId }: Activity): boolean {
  return type === ActivityTypes.Event && name === eventName && channelId === Channels.Directline;
}
