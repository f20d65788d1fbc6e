import type { SignedEvent } from "../../core/message/signed-event";

/** A way to send events to the bot. */
export interface Transport {
  /** Resolves when the bot has taken the event. @throws TransportError, or VaultError where the transport has a key of its own */
  send(event: SignedEvent): Promise<void>;
}

/** The event did not reach the bot, or the bot did not take it. */
export class TransportError extends Error {
  override readonly name = "TransportError";

  constructor(
    /** The HTTP status; 0: no answer came in time. */
    readonly status: number,
    message: string,
    /** Seconds to wait before the next attempt; 0: not given. */
    readonly retryAfter = 0,
    /** The event itself is wrong: no further attempt can succeed. */
    readonly isFinal = false,
  ) {
    super(message);
  }
}
