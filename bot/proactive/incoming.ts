import { InvalidMessageError } from "../../core/message/invalid-message";
import { parseMessage, type QueueMessage, type ReceivedMessage } from "../../core/message/queue-message";
import type { SignedEvent } from "../../core/message/signed-event";

/** How much of a conversation's id is told, in UTF-16 units: a table's row has its limits. */
const longestName = 500;

/** A message that is brought to be delivered, read once. */
export class Incoming implements ReceivedMessage {
  /** The message's own, or else the one that it was signed under. */
  readonly id: string;
  /** As it came: JSON text, plain or as Base64. */
  readonly json: string;
  private readonly content: QueueMessage | InvalidMessageError;

  constructor({ Message, "webhook-id": webhookId }: SignedEvent) {
    this.json = Message;
    this.content = read(Message);
    this.id = this.readable?.id ?? webhookId;
  }

  /** @throws InvalidMessageError */
  get message(): QueueMessage {
    if (this.content instanceof InvalidMessageError) throw this.content;
    return this.content;
  }

  /** The beginning of its conversation's id; undefined for a message that nobody can read. */
  get conversation(): string | undefined {
    return this.readable?.relatesTo?.conversation.id.slice(0, longestName);
  }

  /** Whom it reaches as one of many; undefined: it is meant for one. */
  get broadcastTo(): Pick<QueueMessage, "relatesTo" | "to"> | undefined {
    return this.readable?.broadcast ? this.readable : undefined;
  }

  private get readable(): QueueMessage | undefined {
    return this.content instanceof InvalidMessageError ? undefined : this.content;
  }
}

function read(json: string): QueueMessage | InvalidMessageError {
  try {
    return parseMessage(json);
  } catch (error) {
    if (error instanceof InvalidMessageError) return error;
    throw error;
  }
}
