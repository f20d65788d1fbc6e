import type { CategoryLog } from "./log";
import { messageOf } from "./refusal";

/** Why a request to the storage account failed, in a few words; the service's own code says more than the SDK's message. */
export function describeStorageProblem(error: unknown): string {
  const { code, statusCode, details } = error as {
    code?: string;
    statusCode?: number;
    details?: { errorCode?: string };
  };
  const reason = details?.errorCode ?? code;
  if (statusCode === 403) return `${reason ?? "403"}: the app's identity has no role for it (yet)`;
  if (statusCode === 404) return `${reason ?? "404"}: it does not exist`;
  if (statusCode) return `${reason ?? statusCode}: ${messageOf(error)}`;
  const text = messageOf(error).split("\n")[0] ?? "";
  if (/^(Credential|Authentication)/.test((error as Error).name)) return `no token from the identity endpoint: ${text}`;
  return reason && !text.includes(reason) ? `${reason}: ${text}` : text;
}

/** Whether a message is gone, taken by another, or its queue going: nothing is left to do for it (400 and 409 are those of the queue service). */
export function isMessageGone(error: unknown): boolean {
  const { statusCode } = error as { statusCode?: number };
  return statusCode === 400 || statusCode === 404 || statusCode === 409;
}

export function isNotFound(error: unknown): boolean {
  return (error as { statusCode?: number }).statusCode === 404;
}

/** Says what is wrong when it begins, when it changes, every half minute while it lasts, and when it is over. */
export class TroubleLog {
  private reason: string | undefined;
  private loggedAt = 0;

  constructor(
    private readonly log: CategoryLog,
    private readonly what: string,
    private readonly every = 30_000,
    private readonly now: () => number = Date.now,
  ) {}

  failed(error: unknown): void {
    const reason = describeStorageProblem(error);
    if (reason === this.reason && this.now() - this.loggedAt < this.every) return;
    this.reason = reason;
    this.loggedAt = this.now();
    this.log.warn(`Cannot read ${this.what}: ${reason}. Trying again.`);
  }

  worked(): void {
    if (this.reason !== undefined) this.log.info(`Can read ${this.what} again.`);
    this.reason = undefined;
  }
}
