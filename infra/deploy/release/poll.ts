import { parseRetryAfter } from "../../../core/queue/retry-delay";
import { pause, type Run, timeLeft } from "./run";

/** An HTTP answer, or the reason why the server gave none (status 0). */
export interface Answer {
  status: number;
  body: string;
  location: string;
  /** From Retry-After, in milliseconds; 0 where the header is absent. */
  retryAfter: number;
}

export interface Request {
  url: string;
  method?: "GET" | "POST";
  /** Bearer token. */
  token?: string;
  /** A zip. */
  body?: Uint8Array<ArrayBuffer>;
  /** Longest wait for the answer, in milliseconds. Absent: the pace's. */
  limit?: number;
}

/** A condition that a release waits for. */
export interface Goal<Result> {
  /** Completes "waiting for …". */
  name: string;
  send(): Promise<Answer>;
  /** The result; undefined = poll again. @throws when polling again is of no use */
  check(answer: Answer): Result | undefined | Promise<Result | undefined>;
  /** The progress that an answer tells of, in one line. Absent: the answer itself. */
  progress?(answer: Answer): string;
  /** The pause before the next request, in milliseconds. Absent: a tenth of the time so far, within the pace's limits. */
  delay?(): number;
  /** The error's message at the deadline. @param last the progress by the last answer */
  timeoutMessage(last: string): string | Promise<string>;
}

/** Sends requests until `check` has a result. @throws the error of `check`, or one with `timeoutMessage` at the deadline */
export async function poll<Result>(run: Run, goal: Goal<Result>): Promise<Result> {
  const progress = goal.progress ?? describe;
  let last = "";
  while (timeLeft(run) > 0) {
    run.goal = goal.name + (last && ` (last: ${last.slice(0, 80)})`);
    const answer = await goal.send();
    // A request that the deadline cut short says less than the answer before it.
    if (last && answer.status === 0 && timeLeft(run) === 0) break;
    const result = await goal.check(answer);
    if (result !== undefined) return result;
    last = progress(answer);
    await pause(run, Math.max(goal.delay ? goal.delay() : usualDelay(run), answer.retryAfter));
  }
  throw new Error(await goal.timeoutMessage(last || "nothing yet"));
}

function usualDelay({ started, pace }: Run): number {
  return Math.max(pace.poll, Math.min((Date.now() - started) / 10, pace.maxPoll));
}

/** Sends one request, limited in time by its own limit and by the deadline. Never throws: no answer is status 0. */
export async function send(run: Run, request: Request): Promise<Answer> {
  const { url, method, token, body, limit = run.pace.request } = request;
  const headers = {
    ...(token && { authorization: `Bearer ${token}` }),
    ...(body && { "content-type": "application/zip" }),
  };
  try {
    const signal = AbortSignal.timeout(Math.max(1, Math.min(limit, timeLeft(run))));
    // A redirect would be a login page, and must not carry the token elsewhere.
    const response = await fetch(url, { method, headers, body, redirect: "manual", signal });
    return {
      status: response.status,
      body: await response.text(),
      location: response.headers.get("location") ?? "",
      retryAfter: parseRetryAfter(response.headers.get("retry-after")) * 1000,
    };
  } catch (error) {
    return { status: 0, body: reasonOf(error), location: "", retryAfter: 0 };
  }
}

/** fetch hides the reason (ECONNREFUSED, ENOTFOUND, …) in the error's cause. */
function reasonOf(error: unknown): string {
  const { name, message, cause } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === "TimeoutError") return "the request timed out";
  return cause ? `${cause.code ?? ""} ${cause.message ?? message}`.trim() : message;
}

export function isSuccess({ status }: Answer): boolean {
  return status >= 200 && status < 300;
}

/** These pass by themselves: roles and host names that propagate, a site that starts, another deployment, a busy server. */
export function isTransient({ status }: Answer): boolean {
  return [0, 403, 404, 408, 409, 429].includes(status) || status >= 500;
}

/** The answer in one line, at most 300 characters of its body. */
export function describe(answer: Answer): string {
  const body = answer.body.replace(/\s+/g, " ").trim().slice(0, 300);
  if (answer.status === 0) return `no answer (${body})`;
  return body ? `${answer.status} ${body}` : `${answer.status} without a body`;
}

/** The JSON in an answer's body; undefined where it has none. */
export function json<T>({ body }: Answer): T | undefined {
  try {
    return JSON.parse(body) ?? undefined;
  } catch {
    return undefined;
  }
}
