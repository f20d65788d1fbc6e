const firstSeconds = 2;
const longestSeconds = 10 * 60;

/** The longest that Azure hides a queue message: seven days, in seconds. */
export const longestInvisibility = 7 * 24 * 60 * 60;

/**
 * Seconds until a deferred message is tried again: what the other side asked for (`Retry-After`), else 2 s doubling to
 * ten minutes, with up to a fifth more so that a crowd does not come back at once.
 */
export function retryDelay(attempt: number, retryAfter = 0, random = Math.random): number {
  const growing = Math.min(firstSeconds * 2 ** attempt, longestSeconds) * (1 + random() / 5);
  return Math.min(Math.ceil(Math.max(growing, retryAfter)), longestInvisibility);
}

/** Seconds in a `Retry-After` header (delta-seconds or an HTTP date, RFC 9110 section 10.2.3), 0 when there is none. */
export function parseRetryAfter(header: string | null | undefined, now = Date.now()): number {
  if (!header) return 0;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds);
  const date = Date.parse(header);
  return Number.isNaN(date) ? 0 : Math.max(0, (date - now) / 1000);
}
