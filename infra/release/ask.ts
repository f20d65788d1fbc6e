import { timeLeft, type Wait } from "./wait";

/** An HTTP answer, or the reason why there is none (status 0). */
export interface Answer {
  status: number;
  body: string;
  location: string;
  /** From Retry-After, in milliseconds; 0 = not said. */
  retryAfter: number;
}

/** Sends one request, limited in time by `limit` and by the deadline. Never throws: no answer is status 0. */
export async function ask(url: string, init: RequestInit, limit: number, wait: Wait): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(Math.max(1, Math.min(limit, timeLeft(wait))));
    // A redirect would be a login page, and must not carry the token elsewhere.
    const response = await fetch(url, { ...init, redirect: "manual", signal });
    const body = await response.text();
    return {
      status: response.status,
      body,
      location: response.headers.get("location") ?? "",
      retryAfter: parseRetryAfter(response.headers.get("retry-after")),
    };
  } catch (error) {
    return { status: 0, body: reasonOf(error), location: "", retryAfter: 0 };
  }
}

/** RFC 9110, 10.2.3: seconds or a date. */
function parseRetryAfter(header: string | null): number {
  if (!header) return 0;
  const seconds = Number(header);
  const milliseconds = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Math.max(milliseconds || 0, 0);
}

/** fetch hides the reason (ECONNREFUSED, ENOTFOUND, …) in the error's cause. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === "TimeoutError") return "the request timed out";
  return cause ? `${cause.code ?? ""} ${cause.message ?? message}`.trim() : message;
}

/** What passes by itself: roles and host names that propagate, a site that starts, another deployment, a busy server. */
export function mayPass(status: number): boolean {
  return [0, 403, 404, 408, 409, 429].includes(status) || status >= 500;
}

/** The answer in one line, at most 300 characters of its body. */
export function describe(answer: Answer): string {
  const body = answer.body.replace(/\s+/g, " ").trim().slice(0, 300);
  if (answer.status === 0) return `no answer (${body})`;
  return body ? `${answer.status} ${body}` : `${answer.status} without a body`;
}
