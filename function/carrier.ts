import type { SignedEvent } from "../message";

/** A way to the bot. */
export interface Carrier {
  /** Resolves when the bot has taken the event. @throws NotCarried, or VaultError where the way has a key of its own */
  carry(event: SignedEvent): Promise<void>;
}

/** An event did not reach the bot, or the bot did not take it. `status` 0: there was no answer, or none in time. */
export class NotCarried extends Error {
  override readonly name = "NotCarried";

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
