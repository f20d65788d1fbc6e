import type { SignedEvent } from "../../core/message/signed-event";

/** A way to the bot. */
export interface Transport {
  /** Resolves when the bot has taken the event. @throws TransportError, or VaultError where the way has a key of its own */
  send(event: SignedEvent): Promise<void>;
}

/** An event did not reach the bot, or the bot did not take it. `status` 0: there was no answer, or none in time. */
export class TransportError extends Error {
  override readonly name = "TransportError";

  constructor(
    readonly status: number,
    message: string,
    /** Seconds. */
    readonly retryAfter = 0,
    /** What is called wrong in the event itself stays wrong. */
    readonly isFinal = false,
  ) {
    super(message);
  }
}
