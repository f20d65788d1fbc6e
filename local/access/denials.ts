import type { Principal } from "../identity/principal";
import { describePermission, type Permission } from "./permission";
import type { Decision } from "./role-assignments";

/** Milliseconds. Apps repeat a denied request, so the same line is written at most once in this time. */
const repeatAfter = 10_000;

/** Logs refused requests and the missing permission, for the user who runs the local stack. */
export class Denials {
  private readonly written = new Map<string, number>();

  constructor(
    private readonly log: (line: string) => void,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param operation such as `Put Message` @param where such as `the queue bot-queue` */
  missingRight(who: Principal, operation: string, where: string, permission: Permission, decision: Decision): void {
    const why =
      decision === "pending"
        ? "a role that allows it is assigned but not yet in effect"
        : "no role assigned there or above allows it";
    this.write(`403: ${who.name} needs ${describePermission(permission)} for ${operation} on ${where}: ${why}.`);
  }

  /** Logs a request that was refused before its permissions were checked. */
  refused(operation: string, why: string): void {
    this.write(`${operation} refused: ${why}`);
  }

  private write(line: string): void {
    const now = this.now();
    if (now - (this.written.get(line) ?? -Infinity) < repeatAfter) return;
    this.written.set(line, now);
    this.log(line);
  }
}
