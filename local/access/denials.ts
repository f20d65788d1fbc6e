import type { Principal } from "../identity/principal";
import { describe, type Permission } from "./permission";
import type { Decision } from "./role-assignments";

/** An app that may not do something asks again and again: the same line is written once in this time, in milliseconds. */
const silence = 10_000;

/** Tells the person who runs this what was refused, and which right is missing. */
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
        ? "a role that allows it was assigned and does not work yet"
        : "no role assigned there or above allows it";
    this.write(`403: ${who.name} needs ${describe(permission)} for ${operation} on ${where}: ${why}.`);
  }

  /** What was refused before rights were looked at. */
  refused(operation: string, why: string): void {
    this.write(`${operation} refused: ${why}`);
  }

  private write(line: string): void {
    const now = this.now();
    if (now - (this.written.get(line) ?? -Infinity) < silence) return;
    this.written.set(line, now);
    this.log(line);
  }
}
