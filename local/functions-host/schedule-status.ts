import { z } from "zod";
import type { TimerSchedule } from "./timer-schedule";

/** What is remembered of a timer; .NET's `ScheduleStatus`. */
export interface ScheduleStatus {
  /** When it ran last. */
  last: Date;
  /** When it is due: while it runs, this is the time that it runs for. */
  next: Date;
  /** The time from which `next` was found. */
  lastUpdated: Date;
}

/** .NET's `default(DateTime)`. */
export const never = new Date("0001-01-01T00:00:00Z");

const time = z.iso
  .datetime({ offset: true, local: true })
  .transform((text) => new Date(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`));
const status = z.object({ Last: time, Next: time, LastUpdated: time });

/** As the real host writes it, into its blob and for the function. */
export function statusToJson({ last, next, lastUpdated }: ScheduleStatus): Record<string, string> {
  return { Last: dotNet(last), Next: dotNet(next), LastUpdated: dotNet(lastUpdated) };
}

/** @throws Error when it is no status */
export function statusFromJson(json: string): ScheduleStatus {
  const { Last, Next, LastUpdated } = status.parse(JSON.parse(json));
  return { last: Last, next: Next, lastUpdated: LastUpdated };
}

/** What is so for a timer that starts: `change` says whether it is to be written down. Rules: ScheduleMonitor.CheckPastDueAsync. */
export function statusAtStart(
  recorded: ScheduleStatus | undefined,
  schedule: TimerSchedule,
  now: Date,
): { status: ScheduleStatus; change: boolean } {
  if (!recorded) return { status: { last: never, next: schedule.next(now), lastUpdated: now }, change: true };
  const basis = [recorded.last, recorded.lastUpdated].find((time) => time > never) ?? now;
  const expected = schedule.next(basis);
  if (expected.getTime() === recorded.next.getTime()) return { status: recorded, change: false };
  // Another schedule than last time: what it would have missed before it was there is not past due.
  const lastUpdated = expected < now ? now : basis;
  return { status: { last: never, next: schedule.next(lastUpdated), lastUpdated }, change: true };
}

/** `2026-11-23T09:00:00+00:00`, with a fraction where there is one. */
function dotNet(date: Date): string {
  return date.toISOString().replace(/\.000Z$|Z$/, "+00:00");
}
