/** One of a schedule's six fields: its name, its bounds, and the words whose beginnings stand for numbers. */
interface Field {
  name: string;
  least: number;
  most: number;
  words?: string[];
}

const months = "january february march april may june july august september october november december".split(" ");
const days = "sunday monday tuesday wednesday thursday friday saturday".split(" ");

/** learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions */
const fields: Field[] = [
  { name: "second", least: 0, most: 59 },
  { name: "minute", least: 0, most: 59 },
  { name: "hour", least: 0, most: 23 },
  { name: "day", least: 1, most: 31 },
  { name: "month", least: 1, most: 12, words: months },
  { name: "day of the week", least: 0, most: 6, words: days },
];

/** How long each month can be. */
const monthLengths = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** A valid schedule with numbers in place of words, as other readers of cron expressions take it. */
export function withNumbers(schedule: string): string {
  const inNumbers = (part: string, { least, most, words }: Field) =>
    part.replace(/[a-z]+/gi, (word) => String(numberOf({ name: "", least, most, words }, word) ?? word));
  return schedule
    .trim()
    .split(/\s+/)
    .map((part, index) => inNumbers(part, fields[index] as Field))
    .join(" ");
}

/** What is wrong with the schedule of a timer trigger, `{second} {minute} {hour} {day} {month} {day of the week}`; undefined: nothing. */
export function ncrontabProblem(schedule: string): string | undefined {
  const parts = schedule.trim().split(/\s+/);
  if (parts.length !== fields.length) {
    return `must have six fields, {second} {minute} {hour} {day} {month} {day of the week}, such as "0 0 9 * * 1-5"`;
  }
  const values = fields.map((field, index) => valuesOf(field, parts[index] ?? ""));
  const wrong = fields.find((_, index) => !values[index]);
  if (wrong) {
    return `its ${wrong.name} must be *, or numbers from ${wrong.least} to ${wrong.most} such as 1,2 or 1-5 or */2`;
  }
  const [, , , days = [], months = []] = values;
  const isEver = months.some((month) => Math.min(...days) <= (monthLengths[month - 1] ?? 0));
  return isEver ? undefined : "must name a day that one of its months has"; // the host would never run it, and not say so
}

/** What a field allows, of several items; undefined for what it cannot be. */
function valuesOf(field: Field, text: string): number[] | undefined {
  const items = text.split(",").map((item) => itemValues(field, item));
  return items.some((values) => !values) ? undefined : items.flatMap((values) => values ?? []);
}

/** `*`, a value or a range, each perhaps with a step: `5/15` is every fifteenth from the fifth on. */
function itemValues(field: Field, item: string): number[] | undefined {
  const [range = "", step, ...more] = item.split("/");
  if (more.length || (step !== undefined && !isStep(field, step))) return undefined;
  const bounds = range === "*" ? [field.least, field.most] : range.split("-").map((value) => numberOf(field, value));
  const [from, to = step === undefined ? from : field.most, ...others] = bounds;
  if (others.length || bounds.includes(undefined) || from === undefined || to === undefined || from > to)
    return undefined;
  const count = Math.floor((to - from) / Number(step ?? 1)) + 1;
  return Array.from({ length: count }, (_, index) => from + index * Number(step ?? 1));
}

/** A longer one than the field has values would mean something else than it says: every 90th minute is every hour. */
function isStep({ least, most }: Field, text: string): boolean {
  return /^[1-9]\d?$/.test(text) && Number(text) <= most - least + 1;
}

function numberOf({ least, most, words = [] }: Field, text: string): number | undefined {
  const word = words.findIndex((name) => text && name.startsWith(text.toLowerCase())); // as CrontabFieldImpl.ParseValue in github.com/atifaziz/NCrontab
  const value = word >= 0 ? word + least : /^\d{1,2}$/.test(text) ? Number(text) : -1;
  return value >= least && value <= most ? value : undefined;
}
