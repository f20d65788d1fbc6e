import type { InvocationContext, Timer } from "@azure/functions";

/** What a function's handler is given, and what it logged: `error Poison queue: …`. */
export class TestInvocation {
  readonly lines: string[] = [];

  get context(): InvocationContext {
    const write = (level: string) => (text: string) => void this.lines.push(`${level} ${text}`);
    const context = { log: write("info"), warn: write("warn"), error: write("error") };
    return context as unknown as InvocationContext;
  }
}

/** What a timer's handler is told. @param next when it was due; absent: the host does not tell */
export function timer(next?: string): Timer {
  const scheduleStatus = next ? { last: "0001-01-01T00:00:00+00:00", next, lastUpdated: next } : null;
  return { isPastDue: false, schedule: { adjustForDST: true }, scheduleStatus } as Timer;
}
