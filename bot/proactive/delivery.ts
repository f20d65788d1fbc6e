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
import { type Claim, type Deliveries, DeliveryBusyError, DeliverySettledError } from "../../core/tables/deliveries";
import type { ChannelAdapter } from "../channel/channel-adapter";
import type { ConversationTurns } from "../channel/conversation-turns";
import { ForbiddenServiceError } from "../channel/service-hosts";
import { log, reason } from "../log";
import { replies } from "../replies";
import { MemoryTooLargeError } from "../state/conversation-store";
import type { Dialogs } from "../state/conversations";
import type { OptOuts } from "../state/opt-outs";
import type { References } from "../state/references";
import { type Addressees, UnknownUserError } from "./addressees";
import { answerNow, type ChannelAnswer, channelAnswer, failureReason, isWorthARetry } from "./channel-answer";
import { OutcomeRecorder } from "./outcome-recorder";
import type { ReceivedEvent } from "./received-event";

/** Milliseconds for a proactive send: the channel that brought the event waits 15 s, and putting it off takes some, too. */
const sendLimit = 6_000;

/** Milliseconds of a claim that must be left when its turn begins: a turn has 25 s, and the clocks of two instances differ. */
const turnTime = 40_000;

/**
 * Seconds until the next try where the user may have got the message: eight tries in the day for which it is deferred. The
 * Connector takes no key by which it would recognise a second copy.
 */
const unsureDelays = [15, 2 * 60, 15 * 60, 2 * 60 * 60, 8 * 60 * 60];

export interface ProactiveDeliveryParts {
  adapter: ChannelAdapter;
  queue: MessageQueue;
  turns: ConversationTurns;
  appId: string;
  dialogs: Dialogs;
  deliveries: Deliveries;
  references: References;
  addressees: Addressees;
  optOuts: OptOuts;
}

type Reference = Partial<ConversationReference>;

/** The result of a send. */
type SendResult =
  /** Nothing is left to do: the message was sent or has failed before, or its user has opted out. */
  | { kind: "settled" }
  /** Another delivery of the message is under way, or the message has to wait for its next try. */
  | { kind: "busy"; until: DeliveryBusyError }
  /** It is unknown whether the message was sent before. */
  | { kind: "unclaimed"; error: unknown }
  | { kind: "sent"; sentAt: Date }
  /** `reference` is absent when the conversation is unknown. */
  | { kind: "failed"; error: unknown; claim: Claim; reference?: Reference };

type Failure = Extract<SendResult, { kind: "failed" }>;

/** Brings a queue message to its conversation, once: sends its text and attachments, or starts its dialog. */
export class ProactiveDelivery {
  private readonly recorder = new OutcomeRecorder();

  constructor(private readonly parts: ProactiveDeliveryParts) {}

  /**
   * Resolves when the message is delivered, deferred or set aside: its caller may then forget it.
   * @throws an error after which its caller has to bring it again
   */
  async deliver(event: ReceivedEvent): Promise<void> {
    const sending = this.send(event);
    const result = await withTimeout(sendLimit, "the proactive send", sending).catch((timeout) => {
      this.finishLate(event, sending);
      throw timeout;
    });
    await this.finish(event, result, true);
  }

  /** Never rejects. The result is known when the channel has answered, however long that takes. */
  private async send(event: ReceivedEvent): Promise<SendResult> {
    const claim = await this.claim(event).catch((error): SendResult => ({ kind: "unclaimed", error }));
    if ("kind" in claim) return claim;
    let reference: Reference | undefined;
    try {
      const turn = this.turnFor(event, claim);
      reference = await this.findConversation(event);
      await this.runTurn(reference, turn);
      return { kind: "sent", sentAt: new Date() };
    } catch (error) {
      return { kind: "failed", error, claim, reference };
    }
  }

  /** The right to send the message. @throws TableUnreachableError */
  private async claim(event: ReceivedEvent): Promise<Claim | SendResult> {
    const { id, conversation } = event;
    if (this.recorder.has(id)) {
      log("info", "not said again", { id });
      return { kind: "settled" };
    }
    if (await this.isUnwanted(event)) return { kind: "settled" };
    try {
      return await this.parts.deliveries.claim(id, conversation);
    } catch (error) {
      if (error instanceof DeliveryBusyError) return { kind: "busy", until: error };
      if (!(error instanceof DeliverySettledError)) throw error;
      log("info", "not said again", { id, reason: reason(error) });
      return { kind: "settled" };
    }
  }

  /** Whether the message is part of a broadcast, and its user has opted out since it was put on the queue. */
  private async isUnwanted({ id, broadcastTo }: ReceivedEvent): Promise<boolean> {
    const { deliveries, optOuts, references } = this.parts;
    const { to, relatesTo } = broadcastTo ?? {};
    const reference = to ? await references.ofUser(to) : relatesTo;
    if (!reference || !(await optOuts.has(reference))) return false;
    await deliveries.cancel(id, "the user has opted out");
    log("info", "not said", { id, reason: "the user has opted out" });
    return true;
  }

  /** The turn in which the bot says the message. @throws InvalidMessageError, also for an unknown dialog */
  private turnFor({ message }: ReceivedEvent, claim: Claim): (context: TurnContext) => Promise<void> {
    const { dialogs } = this.parts;
    const startDialog = dialogs.startedBy(message);
    const { text, attachments } = message;
    return async (context) => {
      if (claim.until - Date.now() < turnTime) throw new Error("its turn came too late");
      context.activity.id = undefined as unknown as string; // else Web Chat waits 5 s for the activity this "replies" to
      if (startDialog) return startDialog(context, claim.id, attachments ? activityOf({ attachments }) : undefined);
      await context.sendActivity(activityOf({ text, attachments }));
      await dialogs.restoreButtons(context).catch((error) => {
        log("warn", "buttons not shown again", { id: claim.id, reason: reason(error) }); // the message itself was sent
      });
    };
  }

  /** The conversation of the message. For a user it is recorded as soon as it is known. */
  private async findConversation({ id, message }: ReceivedEvent): Promise<Reference> {
    const { relatesTo, to } = message;
    if (!to) return relatesTo as unknown as Reference;
    const reference = await this.parts.addressees.find(to);
    await this.parts.deliveries.addTimestamps(id, { conversation: reference.conversation?.id });
    return reference;
  }

  /** Waits for the turn itself, which may take longer than the next turn of the conversation waits for it. */
  private runTurn(reference: Reference, turn: (context: TurnContext) => Promise<void>): Promise<void> {
    const { adapter, turns, appId } = this.parts;
    return new Promise((resolve, reject) => {
      const run = () => {
        const sent = adapter.resume(appId, reference, turn);
        sent.then(resolve, reject);
        return sent;
      };
      turns.run(reference.conversation?.id ?? "", run).catch(() => {}); // `sent` has the same error
    });
  }

  /** @param isAwaited false: the caller was told that it took too long, and brings the message again */
  private async finish(event: ReceivedEvent, result: SendResult, isAwaited: boolean): Promise<void> {
    const { id } = event;
    switch (result.kind) {
      case "settled":
        return;
      case "unclaimed":
        throw result.error;
      case "busy":
        if (!isAwaited) return;
        if (!(await this.parts.queue.defer(event, result.until.seconds))) throw result.until;
        return log("info", "deferred", { id, reason: reason(result.until) });
      case "sent":
        await this.recorder.record(id, () => this.parts.deliveries.markDelivered(id, result.sentAt));
        return log("info", "delivered", { id });
      case "failed":
        return this.finishFailed(event, result, isAwaited);
    }
  }

  /** The send goes on after its time limit: its result is recorded all the same. */
  private finishLate(event: ReceivedEvent, sending: Promise<SendResult>): void {
    const finished = sending.then((result) => this.finish(event, result, false));
    finished.catch((error) => log("warn", "late delivery failed", { id: event.id, reason: reason(error) }));
  }

  /** Tries the message again later, or sets it aside. @throws the error of a failure that may pass */
  private async finishFailed(event: ReceivedEvent, failure: Failure, isAwaited: boolean): Promise<void> {
    const { claim, error } = failure;
    const answer = answerTo(event, error);
    const details = { id: event.id, reason: reason(error) };
    try {
      if (Date.now() > claim.until) throw error; // another delivery may have claimed it since
      if (!answer && !isFinal(error)) throw error;
      if (isWorthARetry(answer) && (await this.tryLater(event, claim, answer, isAwaited))) {
        return log("warn", "deferred", details);
      }
      await this.parts.queue.poison(event.json);
    } catch (problem) {
      await this.release(claim, failureReason(problem));
      throw problem;
    }
    await this.fail(event, failure, answer);
    log("error", "failed", details);
  }

  /** False: the message has been deferred for a day. A caller that does not wait any more brings it again without a copy. */
  private async tryLater(
    event: ReceivedEvent,
    claim: Claim,
    answer: ChannelAnswer,
    isAwaited: boolean,
  ): Promise<boolean> {
    const pause = answer.verdict === "unsure" ? unsureDelay(claim) : 0;
    const seconds = Math.max(answer.retryAfter, pause);
    if (isAwaited && !(await this.parts.queue.defer(event, seconds))) return false;
    await this.release(claim, failureReason(undefined, answer), pause ? inSeconds(seconds) : undefined);
    return true;
  }

  /** If this fails, the claim ends by itself. */
  private async release(claim: Claim, why: string, retryAt?: Date): Promise<void> {
    await this.parts.deliveries.release(claim, why, retryAt).catch((error) => {
      log("error", "claim not released", { id: claim.id, reason: reason(error) });
    });
  }

  /** Records that the message has failed, and what that says about its user. */
  private async fail({ id }: ReceivedEvent, { error, reference }: Failure, answer?: ChannelAnswer): Promise<void> {
    const { deliveries, references } = this.parts;
    const why = failureReason(error, answer);
    const text = isWorthARetry(answer) ? `It was tried for a day. ${why}` : why;
    await this.recorder.record(id, () => deliveries.markFailed(id, text));
    const { channelId, conversation, serviceUrl } = reference ?? {};
    if (!channelId || !conversation || !serviceUrl) return;
    const place = { channelId, conversation, serviceUrl };
    if (answer?.verdict === "gone") await references.drop(place);
    if (answer?.verdict === "paused") await references.noteProblem(place, why);
  }
}

/** A proactive message as an activity. */
function activityOf({ text, attachments }: Pick<QueueMessage, "text" | "attachments">): Partial<Activity> {
  const spoken = text ? replies.proactiveText(text) : undefined;
  const activity = MessageFactory.text(spoken as string, undefined, InputHints.AcceptingInput);
  return attachments ? { ...activity, attachments: attachments as Attachment[] } : activity;
}

/** The channel's answer, if the failure is one. */
function answerTo(event: ReceivedEvent, error: unknown): ChannelAnswer | undefined {
  if (error instanceof InvalidMessageError) return undefined; // perhaps the event's own message cannot be read
  const { relatesTo, to, deferredSince } = event.message;
  return answerNow(channelAnswer(error, (relatesTo ?? to)?.channelId), deferredSince);
}

/** Whether no retry can help. */
function isFinal(error: unknown): boolean {
  return [InvalidMessageError, UnknownUserError, ForbiddenServiceError, MemoryTooLargeError].some(
    (kind) => error instanceof kind,
  );
}

/** Seconds. */
function unsureDelay({ unsure }: Claim): number {
  return unsureDelays[Math.min(unsure, unsureDelays.length - 1)] as number;
}

function inSeconds(seconds: number): Date {
  return new Date(Date.now() + seconds * 1000);
}
