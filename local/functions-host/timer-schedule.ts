import { Cron } from "croner";
import { ncrontabProblem, withNumbers } from "../../core/ncrontab";
import { Refusal } from "./refusal";

/** A field that allows every value. */
const everything = /^\*(\/1)?$/;

/** A .NET time span, as a timer's schedule may be in plans with App Service: `hh:mm:ss`, perhaps with days before. */
const timeSpan = /^(\d+\.)?\d+:\d+(:\d+(\.\d+)?)?$/;

/** When a timer is due: an NCRONTAB expression of six fields, or of five, which begin with the minute; in UTC. */
export class TimerSchedule {
  private constructor(
    /** In six fields. */
    readonly expression: string,
    private readonly cron: Cron,
  ) {}

  /** @param where for people, such as `the schedule of function 'x'` @throws Refusal that says what is wrong */
  static parse(text: string, where: string): TimerSchedule {
    if (timeSpan.test(text.trim())) {
      throw new Refusal(`${where} is the time span '${text}': this host supports NCRONTAB expressions only.`);
    }
    const fields = text.trim().split(/\s+/);
    const expression = (fields.length === 5 ? ["0", ...fields] : fields).join(" ");
    const problem = ncrontabProblem(expression);
    if (problem) throw new Refusal(`${where} is '${text}': ${problem}.`);
    // As NCrontab has it: a day must fit month and week both, and 5/15 is every fifteenth from the fifth.
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
    if (!time) throw new Error(`'${this.expression}' is never due after ${after.toISOString()}`);
    return time;
  }

  /** Several times in every minute: what was due of these while nobody was here is not made up for. */
  get isSubMinute(): boolean {
    const [, ...longer] = this.expression.split(" ");
    if (!longer.every((field) => everything.test(field))) return false;
    const first = this.next(new Date(0));
    return this.next(first).getTime() - first.getTime() < 60_000;
  }
}
