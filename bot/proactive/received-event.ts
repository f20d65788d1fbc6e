import type { Activity } from "botbuilder";
import { InvalidMessageError } from "../../core/message/invalid-message";
import { parseMessage, type QueueMessage, type ReceivedMessage } from "../../core/message/queue-message";
import { ForgedEventError, functionUser, type SignedEvent, verifyEvent } from "../../core/message/signed-event";
import type { Secret } from "../../core/vault-secret";
import { log, reason } from "../log";

/**
 * Returns an activity's event if this stack's function signed it, within the last five minutes. Anyone with a chat window
 * can post an event, so another one is ignored and logged. But an event in the function's name is refused with an error: after
 * a rotation the function may sign with the old secret, and must not lose the message.
 * @throws ForgedEventError, VaultError
 */
export async function admitEvent(
  { value, from }: Pick<Activity, "value" | "from">,
  webhook: Secret,
): Promise<SignedEvent | undefined> {
  try {
    return await verifyEvent(value, webhook);
  } catch (error) {
    if (!(error instanceof ForgedEventError) || from?.id === functionUser) throw error;
    log("warn", "event refused", { reason: reason(error) });
    return undefined;
  }
}

/** The message in a signed event. A message that is not valid is an error only when it is read: its event has an id all the same. */
export class ReceivedEvent implements ReceivedMessage {
  /** The message's own, or else the id under which it was signed. */
  readonly id: string;
  /** As it came: JSON text, plain or as Base64. */
  readonly json: string;
  private readonly content: QueueMessage | InvalidMessageError;

  constructor({ Message, "webhook-id": webhookId }: SignedEvent) {
    this.json = Message;
    this.content = parse(Message);
    this.id = this.validMessage?.id ?? webhookId;
  }

  /** @throws InvalidMessageError */
  get message(): QueueMessage {
    if (this.content instanceof InvalidMessageError) throw this.content;
    return this.content;
  }

  /** Its conversation's id; undefined for a message to a user, and for one that is not valid. */
  get conversation(): string | undefined {
    return this.validMessage?.relatesTo?.conversation.id;
  }

  /** The user of a message that is part of a broadcast. */
  get broadcastTo(): Pick<QueueMessage, "relatesTo" | "to"> | undefined {
    return this.validMessage?.broadcast ? this.validMessage : undefined;
  }

  private get validMessage(): QueueMessage | undefined {
    return this.content instanceof InvalidMessageError ? undefined : this.content;
  }
}

function parse(json: string): QueueMessage | InvalidMessageError {
  try {
    return parseMessage(json);
  } catch (error) {
    if (error instanceof InvalidMessageError) return error;
    throw error;
  }
}
