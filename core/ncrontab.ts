/** One of the six fields of a schedule: its name, its limits, and the words that stand for its numbers. */
interface Field {
  name: string;
  min: number;
  max: number;
  words?: string[];
}

const months = "january february march april may june july august september october november december".split(" ");
const days = "sunday monday tuesday wednesday thursday friday saturday".split(" ");

/** Source: learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions */
const fields: Field[] = [
  { name: "second", min: 0, max: 59 },
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, words: months },
  { name: "day of the week", min: 0, max: 6, words: days },
];

/** The most days of each month. */
const monthLengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Checks the schedule of a timer trigger, `{second} {minute} {hour} {day} {month} {day of the week}`. It accepts exactly the
 * expressions that mean the same in Azure; libraries such as croner also accept `?`, `L`, `#` and days that never come.
 * Returns the problem, or undefined.
 */
export function ncrontabProblem(schedule: string): string | undefined {
  const values = valuesOf(schedule);
  if (values.length !== fields.length) {
    return `must have six fields, {second} {minute} {hour} {day} {month} {day of the week}, such as "0 0 9 * * 1-5"`;
  }
  const wrong = fields.find((_, index) => !values[index]);
  if (wrong) {
    return `its ${wrong.name} must be *, or numbers from ${wrong.min} to ${wrong.max} such as 1,2 or 1-5 or */2`;
  }
  const [, , , days = [], months = []] = values;
  const isPossible = months.some((month) => Math.min(...days) <= (monthLengths[month - 1] ?? 0));
  return isPossible ? undefined : "must name a day that one of its months has"; // the host would never run it, without an error
}

/** Rewrites a valid schedule as lists of numbers, such as `0 0,30 9 …`, which every reader of cron expressions understands. */
export function withNumbers(schedule: string): string {
  return valuesOf(schedule).join(" ");
}

/** The numbers of each field; undefined: the field is not valid. */
function valuesOf(schedule: string): (number[] | undefined)[] {
  const parts = schedule.trim().split(/\s+/);
  return parts.map((part, index) => {
    const field = fields[index];
    const items = part.split(",").map((item) => field && itemValues(field, item));
    return items.includes(undefined) ? undefined : items.flatMap((values) => values ?? []);
  });
}

/** `*`, a value or a range, with or without a step: `5/15` is every fifteenth from the fifth on. */
function itemValues(field: Field, item: string): number[] | undefined {
  const [range = "", step = "1", ...more] = item.split("/");
  if (more.length || !isStep(field, step)) return undefined;
  const bounds = range === "*" ? [field.min, field.max] : range.split("-").map((value) => numberOf(field, value));
  const [from, to = item.includes("/") ? field.max : from, ...others] = bounds;
  if (others.length || bounds.includes(undefined) || from === undefined || to === undefined || from > to)
    return undefined;
  const count = Math.floor((to - from) / Number(step)) + 1;
  return Array.from({ length: count }, (_, index) => from + index * Number(step));
}

/** A step must fit into the field: Azure runs a schedule of every 90th minute each hour. */
function isStep({ min, max }: Field, text: string): boolean {
  return /^[1-9]\d?$/.test(text) && Number(text) <= max - min + 1;
}

/** A word may be the beginning of a name, as in CrontabFieldImpl.ParseValue of github.com/atifaziz/NCrontab. */
function numberOf({ min, max, words = [] }: Field, text: string): number | undefined {
  const word = words.findIndex((name) => text && name.startsWith(text.toLowerCase()));
  const value = word >= 0 ? word + min : /^\d{1,2}$/.test(text) ? Number(text) : -1;
  return value >= min && value <= max ? value : undefined;
}
