import { parseRetryAfter } from "../message";

/** The status of a channel's answer, which the connector throws as a RestError; 0: no token, no network or a bug is no answer. */
export function channelStatus(error: unknown): number {
  const { name, statusCode = 0 } = error as { name?: string; statusCode?: number };
  return name === "RestError" ? statusCode : 0;
}

/** The channel wants us to come back later: learn.microsoft.com/microsoftteams/platform/bots/how-to/rate-limit. */
export function isThrottled(error: unknown): boolean {
  const status = channelStatus(error);
  return status === 412 || status === 429 || status >= 500;
}

/** Trying again gets the same answer. */
export function isRefused(error: unknown): boolean {
  return isGone(error) || [400, 413].includes(channelStatus(error));
}

/** The user blocked or uninstalled the bot (403), or the conversation is gone (404). */
export function isGone(error: unknown): boolean {
  return [403, 404].includes(channelStatus(error));
}

/** Seconds that the channel asks for, or 0. */
export function retryAfter(error: unknown): number {
  const { response } = error as { response?: { headers?: { get?(name: string): string | undefined } } };
  return parseRetryAfter(response?.headers?.get?.("retry-after"));
}
