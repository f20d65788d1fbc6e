const firstSeconds = 2;
const longestSeconds = 10 * 60;

/** Milliseconds from the first deferral of a message to its failure. */
export const deferralLimit = 24 * 60 * 60 * 1000;

/** The longest time for which a queue can hide a message: seven days, in seconds. */
export const longestInvisibility = 7 * 24 * 60 * 60;

/**
 * The seconds until the next try of a deferred message: 2 s, doubled by each attempt up to ten minutes, plus up to a fifth so
 * that many messages do not come back at once. A longer `Retry-After` goes first.
 */
export function retryDelay(attempt: number, retryAfter = 0, random = Math.random): number {
  const backoff = Math.min(firstSeconds * 2 ** attempt, longestSeconds) * (1 + random() / 5);
  return Math.min(Math.ceil(Math.max(backoff, retryAfter)), longestInvisibility);
}

/** Reads a `Retry-After` header (seconds or an HTTP date, RFC 9110 section 10.2.3) as seconds; 0: it is missing or not valid. */
export function parseRetryAfter(header: string | null | undefined, now = Date.now()): number {
  if (!header) return 0;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, (date - now) / 1000);
}
