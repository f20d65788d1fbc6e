import { z } from "zod";
import type { TimerSchedule } from "./timer-schedule";

/** The stored status of a timer. .NET's `ScheduleStatus`. */
export interface ScheduleStatus {
  /** Time of the last run. */
  last: Date;
  /** Time of the next run. During a run, the scheduled time of that run. */
  next: Date;
  /** The time from which `next` was calculated. */
  lastUpdated: Date;
}

/** .NET's `default(DateTime)`. */
export const never = new Date("0001-01-01T00:00:00Z");

const time = z.iso
  .datetime({ offset: true, local: true })
  .transform((text) => new Date(/(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`));
const status = z.object({ Last: time, Next: time, LastUpdated: time });

/** The format of the real host, for its blob and for the function. */
export function statusToJson({ last, next, lastUpdated }: ScheduleStatus): Record<string, string> {
  return { Last: formatDotNetTime(last), Next: formatDotNetTime(next), LastUpdated: formatDotNetTime(lastUpdated) };
}

/** @throws Error when the JSON is not a status */
export function statusFromJson(json: string): ScheduleStatus {
  const { Last, Next, LastUpdated } = status.parse(JSON.parse(json));
  return { last: Last, next: Next, lastUpdated: LastUpdated };
}

/** The status of a starting timer. `change`: the status must be stored. Rules: ScheduleMonitor.CheckPastDueAsync. */
export function statusAtStart(
  recorded: ScheduleStatus | undefined,
  schedule: TimerSchedule,
  now: Date,
): { status: ScheduleStatus; change: boolean } {
  if (!recorded) return { status: { last: never, next: schedule.next(now), lastUpdated: now }, change: true };
  const basis = [recorded.last, recorded.lastUpdated].find((time) => time > never) ?? now;
  const expected = schedule.next(basis);
  if (expected.getTime() === recorded.next.getTime()) return { status: recorded, change: false };
  // The schedule has changed: a run that only the new schedule would have missed is not past due.
  const lastUpdated = expected < now ? now : basis;
  return { status: { last: never, next: schedule.next(lastUpdated), lastUpdated }, change: true };
}

/** `2026-11-23T09:00:00+00:00`, with a fraction if it is not zero. */
function formatDotNetTime(date: Date): string {
  return date.toISOString().replace(/\.000Z$|Z$/, "+00:00");
}
