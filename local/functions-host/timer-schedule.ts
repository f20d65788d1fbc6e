import { Cron } from "croner";
import { ncrontabProblem, withNumbers } from "../../core/ncrontab";
import { StartupError } from "./startup-error";

/** A field that allows every value. */
const everyValue = /^\*(\/1)?$/;

/** A .NET time span: `hh:mm:ss`, optionally with days. On App Service plans, a timer's schedule may be one. */
const timeSpan = /^(\d+\.)?\d+:\d+(:\d+(\.\d+)?)?$/;

/** A timer's schedule in UTC: an NCRONTAB expression with six fields, or with five fields that begin with the minute. */
export class TimerSchedule {
  private constructor(
    /** The expression with six fields. */
    readonly expression: string,
    private readonly cron: Cron,
  ) {}

  /** @param where names the schedule in messages, such as `schedule of function 'x'` @throws StartupError for an invalid schedule */
  static parse(text: string, where: string): TimerSchedule {
    if (timeSpan.test(text.trim())) {
      throw new StartupError(`${where} is the time span '${text}'. This host supports only NCRONTAB expressions.`);
    }
    const fields = text.trim().split(/\s+/);
    const expression = (fields.length === 5 ? ["0", ...fields] : fields).join(" ");
    const problem = ncrontabProblem(expression);
    if (problem) throw new StartupError(`${where} is '${text}': ${problem}.`);
    // The rules of NCrontab: a day must match both the day of month and the day of week, and 5/15 means 5, 20, 35 …
    const cron = new Cron(withNumbers(expression), {
      timezone: "UTC",
      mode: "6-part",
      domAndDow: true,
      sloppyRanges: true,
    });
    return new TimerSchedule(expression, cron);
  }

  /** The first time after the given one. */
  next(after: Date): Date {
    const time = this.cron.nextRun(after);
    if (!time) throw new Error(`The schedule '${this.expression}' has no time after ${after.toISOString()}.`);
    return time;
  }

  /** Whether the timer runs several times in every minute. Such a timer does not catch up on missed runs. */
  get isSubMinute(): boolean {
    const [, ...longer] = this.expression.split(" ");
    if (!longer.every((field) => everyValue.test(field))) return false;
    const first = this.next(new Date(0));
    return this.next(first).getTime() - first.getTime() < 60_000;
  }
}
