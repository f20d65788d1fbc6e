import { UsageError } from "./errors";

/** Milliseconds. */
const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const relative = /^\+(\d{1,9})([smhd])$/;

const iso = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?$/i;

/** Later years have more digits than the ISO time of a message may have. */
const latest = Date.UTC(9999, 11, 31);

const formats =
  "Use a form such as +20s, +5m, +2h or +10d, or 2026-12-01T09:00, 2026-12-01T09:00Z or 2026-12-01T09:00+01:00.";

/**
 * Reads `--at`: `+20s`, `+5m`, `+2h`, `+10d`, or ISO 8601 such as `2026-12-01T09:00+01:00`. Without an offset it is this
 * machine's time. @throws UsageError also for a time in the past
 */
export function parseDueTime(text: string, now = new Date()): Date {
  const time = parseRelative(text, now) ?? parseIso(text);
  if (!time || !(time.getTime() < latest)) throw new UsageError(`--at is "${text}", which is not a time. ${formats}`);
  if (time <= now)
    throw new UsageError(`--at is "${text}", which is in the past (${time.toISOString()}). Give a later time.`);
  return time;
}

function parseRelative(text: string, now: Date): Date | undefined {
  const [, amount, unit = ""] = relative.exec(text) ?? [];
  return amount ? new Date(now.getTime() + Number(amount) * (units[unit] ?? 0)) : undefined;
}

function parseIso(text: string): Date | undefined {
  const [, year, month, day, clock, offset = ""] = iso.exec(text) ?? [];
  if (!clock || !isDay(Number(year), Number(month), Number(day))) return undefined;
  return new Date(`${year}-${month}-${day}T${clock}${offset.toUpperCase()}`);
}

/** Date reads February 30 as March 2. */
function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
