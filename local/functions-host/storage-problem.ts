import type { CategoryLog } from "./log";
import { messageOf } from "./startup-error";

/** The reason why a storage request failed, in a few words. The service's error code is clearer than the SDK's message. */
export function describeStorageProblem(error: unknown): string {
  const { code, statusCode, details } = error as {
    code?: string;
    statusCode?: number;
    details?: { errorCode?: string };
  };
  const reason = details?.errorCode ?? code;
  if (statusCode === 403)
    return `${reason ?? "403"}: the app's identity has no role for it, or the role is not in effect yet`;
  if (statusCode === 404) return `${reason ?? "404"}: it does not exist`;
  if (statusCode) return `${reason ?? statusCode}: ${messageOf(error)}`;
  const text = messageOf(error).split("\n")[0] ?? "";
  if (/^(Credential|Authentication)/.test((error as Error).name)) return `no token from the identity endpoint: ${text}`;
  return reason && !text.includes(reason) ? `${reason}: ${text}` : text;
}

/** Whether the message was deleted, another host has received it, or its queue is being deleted. The queue service then answers 400, 404 or 409. */
export function isMessageGone(error: unknown): boolean {
  const { statusCode } = error as { statusCode?: number };
  return statusCode === 400 || statusCode === 404 || statusCode === 409;
}

export function isNotFound(error: unknown): boolean {
  return (error as { statusCode?: number }).statusCode === 404;
}

/** Logs an outage when it begins, when its reason changes, every 30 s while it lasts, and when it ends. */
export class OutageLog {
  private reason: string | undefined;
  private loggedAt = 0;

  constructor(
    private readonly log: CategoryLog,
    private readonly subject: string,
    private readonly every = 30_000,
    private readonly now: () => number = Date.now,
  ) {}

  recordFailure(error: unknown): void {
    const reason = describeStorageProblem(error);
    if (reason === this.reason && this.now() - this.loggedAt < this.every) return;
    this.reason = reason;
    this.loggedAt = this.now();
    this.log.warn(`Cannot read ${this.subject}: ${reason}. The host tries again.`);
  }

  recordSuccess(): void {
    if (this.reason !== undefined) this.log.info(`The host can read ${this.subject} again.`);
    this.reason = undefined;
  }
}
