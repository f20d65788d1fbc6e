export interface Refusal {
  /** What the caller may know: no reason that helps a stranger, no text, no secret. */
  error: string;
  /** The path to what is wrong in the body, such as `relatesTo.channelId`, or the name of a header. */
  field?: string;
  /** Seconds after which another try makes sense. */
  retryAfter?: number;
  /** For the log. */
  cause?: unknown;
}

/** A request that is refused in words of its own. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";

  /** @param status of HTTP, from 400 on */
  constructor(
    readonly status: number,
    readonly refusal: Refusal,
  ) {
    super(refusal.error, { cause: refusal.cause });
  }
}
