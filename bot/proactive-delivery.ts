import type { ConversationReference, TurnContext } from "botbuilder";
import {
  type Claim,
  type Deliveries,
  DeliveryLeased,
  DeliverySettled,
  InvalidMessage,
  type MessageQueue,
  within,
} from "../message";
import type { ChannelAdapter } from "./channel-adapter";
import { isGone, isRefused, isThrottled, retryAfter } from "./channel-answer";
import type { ConversationTurns } from "./conversation-turns";
import type { ConversationDialogs } from "./dialogs/conversation-dialogs";
import { failureReason } from "./failure-reason";
import type { Incoming } from "./incoming";
import { log, reason } from "./log";
import type { OptOuts } from "./opt-outs";
import { Outcomes } from "./outcomes";
import type { References } from "./references";
import { ForbiddenService } from "./service-hosts";
import { ItemTooLarge } from "./state/entity";

/** Milliseconds for a proactive send: the channel that brought the event waits 15 s, and putting it off takes some, too. */
const sendLimit = 6_000;

/** Milliseconds that must be left of a claim when its turn comes: a turn has 25 s, and the clocks of two instances differ. */
const turnTime = 40_000;

export interface ProactiveDeliveryParts {
  adapter: ChannelAdapter;
  queue: MessageQueue;
  turns: ConversationTurns;
  appId: string;
  dialogs: ConversationDialogs;
  deliveries: Deliveries;
  references: References;
  optOuts: OptOuts;
}

/** One message on its way to its conversation. */
interface Attempt {
  incoming: Incoming;
  /** Whether it is known what the send came to. */
  isDecided: boolean;
  /** False: who brought it has been told that it took too long, and brings it again. */
  isAwaited: boolean;
}

/** Brings a queue message to the conversation it relates to, once: says its text, or starts its dialog. */
export class ProactiveDelivery {
  private readonly outcomes = new Outcomes();

  constructor(private readonly parts: ProactiveDeliveryParts) {}

  /**
   * Resolves when the message is delivered, deferred or set aside: then who brought it may forget it.
   * @throws what made it impossible, so that who brought it hears of it and brings it again.
   */
  async deliver(incoming: Incoming): Promise<void> {
    const attempt: Attempt = { incoming, isDecided: false, isAwaited: true };
    const done = this.attempt(attempt);
    try {
      await within(sendLimit, "the proactive send", done);
    } catch (error) {
      if (attempt.isDecided) return done;
      attempt.isAwaited = false; // the send goes on, and records what becomes of it
      throw error;
    }
  }

  private async attempt(attempt: Attempt): Promise<void> {
    const { incoming } = attempt;
    const { id } = incoming;
    const claim = await this.claim(attempt);
    if (!claim) return;
    try {
      await this.speak(incoming, claim).finally(() => {
        attempt.isDecided = true;
      });
    } catch (error) {
      return this.recover(attempt, claim, error);
    }
    const sentAt = new Date();
    await this.outcomes.record(id, () => this.parts.deliveries.delivered(id, sentAt));
    log("info", "delivered", { id });
  }

  /** Undefined: there is nothing to do, now or any more. @throws TableUnreachable: who knows whether it was said? */
  private async claim(attempt: Attempt): Promise<Claim | undefined> {
    const { id, conversation } = attempt.incoming;
    if (this.outcomes.has(id)) return void log("info", "not said again", { id });
    if (await this.isUnwanted(attempt.incoming)) return undefined;
    try {
      return await this.parts.deliveries.claim(id, conversation);
    } catch (error) {
      if (error instanceof DeliverySettled) return void log("info", "not said again", { id, reason: reason(error) });
      if (error instanceof DeliveryLeased) return void (await this.wait(attempt, error));
      throw error;
    }
  }

  /** One of many, to a user who has opted out since it was put on the queue. */
  private async isUnwanted({ id, broadcastTo }: Incoming): Promise<boolean> {
    const { deliveries, optOuts } = this.parts;
    if (!broadcastTo || !(await optOuts.has(broadcastTo))) return false;
    await deliveries.cancel(id, "the user has opted out");
    log("info", "not said", { id, reason: "the user has opted out" });
    return true;
  }

  /** Until the claim of another has ended. */
  private async wait(attempt: Attempt, leased: DeliveryLeased): Promise<void> {
    const { id, message } = attempt.incoming;
    attempt.isDecided = true;
    const deferred = await this.parts.queue.defer({ ...message, id }, leased.seconds);
    if (!deferred) throw leased;
    log("info", "deferred", { id, reason: reason(leased) });
  }

  private async recover(attempt: Attempt, claim: Claim, error: unknown): Promise<void> {
    const { id, json } = attempt.incoming;
    const details = { id, reason: reason(error) };
    try {
      if (Date.now() > claim.until) throw error; // by now it is somebody else's
      if (isThrottled(error)) {
        if (await this.defer(attempt, error)) {
          await this.release(claim, failureReason(error));
          return log("warn", "deferred", details);
        }
      } else if (!isFinal(error)) {
        throw error;
      }
      await this.parts.queue.poison(json);
    } catch (problem) {
      await this.release(claim, failureReason(problem));
      throw problem;
    }
    await this.fail(attempt, error);
    log("error", "failed", details);
  }

  /** False: it has been deferred for a day. */
  private async defer({ incoming, isAwaited }: Attempt, error: unknown): Promise<boolean> {
    if (!isAwaited) return true; // who brought it brings it again
    const { id, message } = incoming;
    return this.parts.queue.defer({ ...message, id }, retryAfter(error));
  }

  private async fail({ incoming }: Attempt, error: unknown): Promise<void> {
    const { deliveries, references } = this.parts;
    const { id } = incoming;
    const why = isThrottled(error) ? `it was deferred for a day; last: ${failureReason(error)}` : failureReason(error);
    await this.outcomes.record(id, () => deliveries.failed(id, why));
    if (!isGone(error)) return;
    const { relatesTo } = incoming.message;
    if (relatesTo) await references.drop(relatesTo);
  }

  /** Where that is not possible, the claim ends by itself. */
  private async release(claim: Claim, why: string): Promise<void> {
    await this.parts.deliveries.release(claim, why).catch((error) => {
      log("error", "claim not released", { id: claim.id, reason: reason(error) });
    });
  }

  /** Settles when the send does, however long it takes. @throws InvalidMessage, at once, also for a dialog that nobody knows */
  private async speak({ message }: Incoming, claim: Claim): Promise<void> {
    const { adapter, turns, appId, dialogs } = this.parts;
    const { relatesTo } = message;
    if (!relatesTo) throw new InvalidMessage("relatesTo", "is missing: this bot cannot yet find a user's conversation");
    const dialog = dialogs.registry.startedBy(message);
    const logic = async (context: TurnContext) => {
      if (claim.until - Date.now() < turnTime) throw new Error("its turn came too late");
      context.activity.id = undefined as unknown as string; // else Web Chat waits 5 s for the activity this "replies" to
      if (dialog) await dialogs.start(context, dialog, claim.id);
      else await context.sendActivity(`This is coming back from the trigger! ${message.text ?? ""}`);
    };
    const reference = relatesTo as unknown as Partial<ConversationReference>;
    await new Promise<void>((resolve, reject) => {
      const turn = () => {
        const said = adapter.resume(appId, reference, logic);
        said.then(resolve, reject);
        return said;
      };
      turns.run(relatesTo.conversation.id, turn).catch(() => {}); // its limit lets the next turn begin
    });
  }
}

/** Trying again cannot help. */
function isFinal(error: unknown): boolean {
  return isRefused(error) || [InvalidMessage, ForbiddenService, ItemTooLarge].some((kind) => error instanceof kind);
}
