import { randomUUID } from "node:crypto";
import { type Activity, TurnContext } from "botbuilder";
import { InvalidMessageError, wholeMessage } from "../../core/message/invalid-message";
import { parseMessage } from "../../core/message/queue-message";
import { type MessageQueue, QueueMissingError } from "../../core/queue/message-queue";
import { activityKey } from "../channel/user-message";
import { log, reason } from "../log";
import { replies } from "../replies";
import type { Dialogs } from "../state/conversations";

/** A user's message is not on the queue; the cause says why. */
export class NotQueuedError extends Error {
  override readonly name = "NotQueuedError";

  /** @param reply to the user */
  constructor(
    readonly reply: string,
    cause: unknown,
  ) {
    super("The message is not on the queue.", { cause });
  }
}

/** The queue, as the way of a user's message to the function and back. */
export class UserQueue {
  constructor(
    private readonly queue: MessageQueue,
    private readonly dialogs: Dialogs,
  ) {}

  /**
   * Puts a text on the queue, for the conversation of an activity. An activity that its channel delivers again gives a message
   * with the same id, which comes back once. @throws NotQueuedError
   */
  async add(activity: Activity, text: string): Promise<void> {
    const id = activityKey(activity) ?? randomUUID();
    try {
      const relatesTo = TurnContext.getConversationReference(activity);
      await this.queue.enqueue(parseMessage({ relatesTo, text: this.dialogs.normalizeKeyword(text), id }));
    } catch (error) {
      log("error", "not queued", { id, reason: reason(error) });
      throw new NotQueuedError(this.replyTo(error), error);
    }
    log("info", "queued", { id });
  }

  private replyTo(error: unknown): string {
    if (error instanceof InvalidMessageError) {
      return error.field === wholeMessage ? replies.tooLong : replies.unknownChannel;
    }
    return error instanceof QueueMissingError ? replies.queueMissing(this.queue.name) : replies.notQueued;
  }
}
