import { WrongUsage } from "./failure";

/** Milliseconds. */
const units: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const relative = /^\+(\d{1,9})([smhd])$/;

/** Later years have more digits than an ISO time of a message may have. */
const latest = Date.UTC(9999, 11, 31);

const iso = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:\d\d)?$/i;

/**
 * When a message is due: `+20s`, `+5m`, `+2h`, `+10d`, or ISO 8601 such as `2026-12-01T09:00+01:00`; without an offset it is
 * this machine's time. @throws WrongUsage also for what has passed
 */
export function dueTime(text: string, now = new Date()): Date {
  const time = fromNow(text, now) ?? onTheClock(text);
  if (!time || !(time.getTime() < latest)) throw new WrongUsage(`--at is "${text}": ${forms}`);
  if (time <= now) throw new WrongUsage(`--at is "${text}": that was ${time.toISOString()}, and has passed.`);
  return time;
}

const forms =
  "it must be like +20s, +5m, +2h or +10d, or like 2026-12-01T09:00, 2026-12-01T09:00Z or 2026-12-01T09:00+01:00.";

function fromNow(text: string, now: Date): Date | undefined {
  const [, amount, unit = ""] = relative.exec(text) ?? [];
  return amount ? new Date(now.getTime() + Number(amount) * (units[unit] ?? 0)) : undefined;
}

function onTheClock(text: string): Date | undefined {
  const [, year, month, day, clock, offset = ""] = iso.exec(text) ?? [];
  if (!clock || !isDay(Number(year), Number(month), Number(day))) return undefined;
  return new Date(`${year}-${month}-${day}T${clock}${offset.toUpperCase()}`);
}

/** Date itself takes February 30 for March 2. */
function isDay(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
