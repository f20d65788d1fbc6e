import {
  type Activity,
  type Attachment,
  type ConversationReference,
  InputHints,
  MessageFactory,
  type TurnContext,
} from "botbuilder";
import { InvalidMessageError } from "../../core/message/invalid-message";
import type { QueueMessage } from "../../core/message/queue-message";
import { withTimeout } from "../../core/promises";
import type { MessageQueue } from "../../core/queue/message-queue";
import {
  type Claim,
  type Deliveries,
  DeliveryLeasedError,
  DeliveryPostponedError,
  DeliverySettledError,
} from "../../core/tables/deliveries";
import type { ChannelAdapter } from "../channel/channel-adapter";
import type { ConversationTurns } from "../channel/conversation-turns";
import { ForbiddenServiceError } from "../channel/service-hosts";
import type { ConversationDialogs } from "../dialogs/engine/conversation-dialogs";
import { log, reason } from "../log";
import { ItemTooLargeError } from "../state/entity";
import type { OptOuts } from "../state/opt-outs";
import type { References } from "../state/references";
import { type Addressees, UnknownUserError } from "./addressees";
import { type ChannelAnswer, channelAnswer, type Verdict } from "./channel-answer";
import { failureReason } from "./failure-reason";
import type { Incoming } from "./incoming";
import { Outcomes } from "./outcomes";

/** Milliseconds for a proactive send: the channel that brought the event waits 15 s, and putting it off takes some, too. */
const sendLimit = 6_000;

/** Milliseconds that must be left of a claim when its turn comes: a turn has 25 s, and the clocks of two instances differ. */
const turnTime = 40_000;

/**
 * Seconds until the next try where the user may have got the message: eight tries in the day for which it is deferred. The
 * Connector takes no key by which it would know a second copy.
 */
const unsureDelays = [15, 2 * 60, 15 * 60, 2 * 60 * 60, 8 * 60 * 60];

export interface ProactiveDeliveryParts {
  adapter: ChannelAdapter;
  queue: MessageQueue;
  turns: ConversationTurns;
  appId: string;
  dialogs: ConversationDialogs;
  deliveries: Deliveries;
  references: References;
  addressees: Addressees;
  optOuts: OptOuts;
}

/** One message on its way to its conversation. */
interface Attempt {
  incoming: Incoming;
  /** Whether it is known what the send came to. */
  isDecided: boolean;
  /** False: who brought it has been told that it took too long, and brings it again. */
  isAwaited: boolean;
  /** Where it is said, once that is known. */
  reference?: Partial<ConversationReference>;
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
      await withTimeout(sendLimit, "the proactive send", done);
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
      await this.speak(attempt, claim).finally(() => {
        attempt.isDecided = true;
      });
    } catch (error) {
      return this.recover(attempt, claim, error);
    }
    const sentAt = new Date();
    await this.outcomes.record(id, () => this.parts.deliveries.markDelivered(id, sentAt));
    log("info", "delivered", { id });
  }

  /** Undefined: there is nothing to do, now or any more. @throws TableUnreachableError: who knows whether it was said? */
  private async claim(attempt: Attempt): Promise<Claim | undefined> {
    const { id, conversation } = attempt.incoming;
    if (this.outcomes.has(id)) return void log("info", "not said again", { id });
    if (await this.isUnwanted(attempt.incoming)) return undefined;
    try {
      return await this.parts.deliveries.claim(id, conversation);
    } catch (error) {
      if (error instanceof DeliverySettledError)
        return void log("info", "not said again", { id, reason: reason(error) });
      if (error instanceof DeliveryLeasedError || error instanceof DeliveryPostponedError)
        return void (await this.wait(attempt, error));
      throw error;
    }
  }

  /** One of many, to a user who has opted out since it was put on the queue. */
  private async isUnwanted({ id, broadcastTo }: Incoming): Promise<boolean> {
    const { deliveries, optOuts, references } = this.parts;
    const { to, relatesTo } = broadcastTo ?? {};
    const reference = to ? await references.ofUser(to) : relatesTo;
    if (!reference || !(await optOuts.has(reference))) return false;
    await deliveries.cancel(id, "the user has opted out");
    log("info", "not said", { id, reason: "the user has opted out" });
    return true;
  }

  /** Until the message may be claimed. */
  private async wait(attempt: Attempt, until: DeliveryLeasedError | DeliveryPostponedError): Promise<void> {
    const { incoming } = attempt;
    const { id } = incoming;
    attempt.isDecided = true;
    const deferred = await this.parts.queue.defer(incoming, until.seconds);
    if (!deferred) throw until;
    log("info", "deferred", { id, reason: reason(until) });
  }

  private async recover(attempt: Attempt, claim: Claim, error: unknown): Promise<void> {
    const { id, json } = attempt.incoming;
    const details = { id, reason: reason(error) };
    const answer = answerTo(attempt, error);
    try {
      if (Date.now() > claim.until) throw error; // by now it is somebody else's
      if (answer?.verdict === "deferred" || answer?.verdict === "unsure") {
        if (await this.tryLater(attempt, claim, answer)) return log("warn", "deferred", details);
      } else if (!answer && !isFinal(error)) {
        throw error;
      }
      await this.parts.queue.poison(json);
    } catch (problem) {
      await this.release(claim, failureReason(problem));
      throw problem;
    }
    await this.fail(attempt, error, answer);
    log("error", "failed", details);
  }

  /** False: it has been deferred for a day. */
  private async tryLater({ incoming, isAwaited }: Attempt, claim: Claim, answer: ChannelAnswer): Promise<boolean> {
    const seconds = Math.max(answer.retryAfter, answer.verdict === "unsure" ? unsureDelay(claim) : 0);
    const retryAt = answer.verdict === "unsure" ? new Date(Date.now() + seconds * 1000) : undefined;
    // Where nobody waits for it any more, the one who brought it brings it again.
    if (isAwaited && !(await this.parts.queue.defer(incoming, seconds))) return false;
    await this.release(claim, failureReason(undefined, answer), retryAt);
    return true;
  }

  private async fail(attempt: Attempt, error: unknown, answer?: ChannelAnswer): Promise<void> {
    const { deliveries, references } = this.parts;
    const { id } = attempt.incoming;
    const why = failureReason(error, answer);
    const isGivenUp = answer?.verdict === "deferred" || answer?.verdict === "unsure";
    await this.outcomes.record(id, () => deliveries.markFailed(id, isGivenUp ? `It was tried for a day. ${why}` : why));
    const place = placeIn(attempt.reference);
    if (place && answer?.verdict === "gone") await references.drop(place);
    if (place && answer?.verdict === "paused") await references.note(place, why);
  }

  /** Where that is not possible, the claim ends by itself. */
  private async release(claim: Claim, why: string, retryAt?: Date): Promise<void> {
    await this.parts.deliveries.release(claim, why, retryAt).catch((error) => {
      log("error", "claim not released", { id: claim.id, reason: reason(error) });
    });
  }

  /** Settles when the send does, however long it takes. @throws InvalidMessageError, at once, also for a dialog that nobody knows */
  private async speak(attempt: Attempt, claim: Claim): Promise<void> {
    const { adapter, turns, appId, dialogs } = this.parts;
    const { message } = attempt.incoming;
    const dialog = dialogs.registry.startedBy(message);
    const reference = await this.find(attempt);
    const logic = async (context: TurnContext) => {
      if (claim.until - Date.now() < turnTime) throw new Error("its turn came too late");
      context.activity.id = undefined as unknown as string; // else Web Chat waits 5 s for the activity this "replies" to
      const { text, attachments } = message;
      if (dialog)
        return dialogs.start(context, dialog, claim.id, attachments ? activityOf({ attachments }) : undefined);
      await context.sendActivity(activityOf({ text, attachments }));
      await dialogs.restoreButtons(context).catch((error) => {
        log("warn", "buttons not shown again", { id: claim.id, reason: reason(error) }); // the message itself was sent
      });
    };
    await new Promise<void>((resolve, reject) => {
      const turn = () => {
        const said = adapter.resume(appId, reference, logic);
        said.then(resolve, reject);
        return said;
      };
      turns.run(reference.conversation?.id ?? "", turn).catch(() => {}); // its limit lets the next turn begin
    });
  }

  /** Where to say a message. A user's conversation is written down as soon as it is known. */
  private async find(attempt: Attempt): Promise<Partial<ConversationReference>> {
    const { id, message } = attempt.incoming;
    const { relatesTo, to } = message;
    attempt.reference = relatesTo as unknown as Partial<ConversationReference>;
    if (!to) return attempt.reference;
    attempt.reference = undefined;
    const reference = await this.parts.addressees.find(to);
    attempt.reference = reference;
    await this.parts.deliveries.addTimestamps(id, { conversation: reference.conversation?.id });
    return reference;
  }
}

/** Seconds. */
function unsureDelay({ unsure }: Claim): number {
  return unsureDelays[Math.min(unsure, unsureDelays.length - 1)] as number;
}

/** What a channel's answer means now: some are hoped to change, for a time. */
function answerTo({ incoming }: Attempt, error: unknown): ChannelAnswer | undefined {
  if (error instanceof InvalidMessageError) return undefined;
  const { relatesTo, to, deferredSince } = incoming.message;
  const answer = channelAnswer(error, (relatesTo ?? to)?.channelId);
  if (answer?.patience === undefined) return answer;
  const since = deferredSince ? Date.now() - Date.parse(deferredSince) : 0;
  return since < answer.patience ? { ...answer, verdict: "deferred" as Verdict } : answer;
}

/** Undefined: it was never known where the message is to be said. */
function placeIn(reference: Partial<ConversationReference> | undefined) {
  const { channelId, conversation, serviceUrl } = reference ?? {};
  return channelId && conversation && serviceUrl ? { channelId, conversation, serviceUrl } : undefined;
}

/** A proactive message as the bot says it. */
function activityOf({ text, attachments }: Pick<QueueMessage, "text" | "attachments">): Partial<Activity> {
  const said = text ? `This is coming back from the trigger! ${text}` : undefined;
  const activity = MessageFactory.text(said as string, undefined, InputHints.AcceptingInput);
  return attachments ? { ...activity, attachments: attachments as Attachment[] } : activity;
}

/** Trying again cannot help. */
function isFinal(error: unknown): boolean {
  return [InvalidMessageError, UnknownUserError, ForbiddenServiceError, ItemTooLargeError].some(
    (kind) => error instanceof kind,
  );
}
