import { setTimeout as sleep } from "node:timers/promises";
import { PollingBackoff } from "./backoff";
import type { TimerFunction } from "./bindings";
import { type Invoker, newInvocationId } from "./invocation";
import type { CategoryLog } from "./log";
import type { Running } from "./running";
import type { ScheduleMonitor } from "./schedule-monitor";
import { type ScheduleStatus, statusAtStart } from "./schedule-status";
import { describeStorageProblem, TroubleLog } from "./storage-problem";
import { timerInput, timerTriggerMetadata } from "./trigger-data";

/** While its status cannot be read, a timer does not start; it is asked for at least this often, in milliseconds. */
const longestTroubleWait = 5_000;

/** Node's own timers end at 24.8 days: longer waits are several. */
const longestSleep = 24 * 24 * 60 * 60 * 1000;

export interface TimerListenerParts {
  function: TimerFunction;
  /** Absent: a run that is missed is not made up for. */
  monitor?: ScheduleMonitor;
  invoker: Pick<Invoker, "invoke">;
  log: CategoryLog;
  /** Everything that runs in the host: what a stop waits for. */
  running: Running;
}

/** Why a timer runs. */
type Occasion = "in time" | "past due" | "start-up";

/** Runs a function whenever its schedule says so, one run after another. Semantics: TimerListener of WebJobs.Extensions. */
export class TimerListener {
  private readonly name: string;
  private readonly stopping = new AbortController();

  constructor(private readonly parts: TimerListenerParts) {
    this.name = parts.function.function.metadata.name;
  }

  start(): void {
    void this.run();
  }

  /** Begins no more; a run that is under way is the host's to wait for. */
  async stop(): Promise<void> {
    this.stopping.abort();
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    let status = await this.recall();
    if (this.stopped || !status) return;
    const occasion = this.occasionOfStart(status);
    if (occasion !== "in time") status = await this.fire(status, occasion);
    for (;;) {
      await this.sleepUntil(status.next);
      if (this.stopped) return;
      status = await this.fire(status, "in time");
    }
  }

  private occasionOfStart({ next }: ScheduleStatus): Occasion {
    if (next.getTime() < Date.now()) {
      this.parts.log.info(`Function '${this.name}' is past due on startup: it was due at ${next.toISOString()}.`);
      return "past due";
    }
    return this.parts.function.runOnStartup ? "start-up" : "in time";
  }

  /** What was known of the timer when its host was here last; undefined after a stop. */
  private async recall(): Promise<ScheduleStatus | undefined> {
    const { monitor, log, function: fn } = this.parts;
    if (!monitor) return statusAtStart(undefined, fn.schedule, new Date()).status;
    const waits = new PollingBackoff(longestTroubleWait);
    const trouble = new TroubleLog(log, `the schedule status of function '${this.name}'`);
    while (!this.stopped) {
      try {
        const { status, change } = statusAtStart(await monitor.read(fn.timer), fn.schedule, new Date());
        trouble.worked();
        if (change) await this.remember(status);
        return status;
      } catch (error) {
        trouble.failed(error);
        await this.wait(waits.next());
      }
    }
  }

  /** Runs the function, whatever comes of it, and returns the timer's new status. */
  private async fire(status: ScheduleStatus, occasion: Occasion): Promise<ScheduleStatus> {
    const run = this.invoke(status, occasion);
    this.parts.running.add(`the timer of Functions.${this.name}, due at ${status.next.toISOString()}`, run);
    return run;
  }

  private async invoke(status: ScheduleStatus, occasion: Occasion): Promise<ScheduleStatus> {
    const { invoker, monitor, function: fn } = this.parts;
    const began = new Date();
    const call = {
      function: fn.function,
      invocationId: newInvocationId(),
      inputData: [{ name: fn.binding, data: timerInput(monitor && status, occasion === "past due") }],
      triggerMetadata: timerTriggerMetadata(this.name),
      successLevel: "information" as const,
    };
    await invoker.invoke(call).catch(() => {}); // who invokes has logged it: a failure does not stop the schedule
    const from = occasion === "in time" && status.next > began ? status.next : began; // a moment early is in time
    const after = { last: from, next: fn.schedule.next(from), lastUpdated: from };
    await this.remember(after);
    return after;
  }

  /** As good as it can. */
  private async remember(status: ScheduleStatus): Promise<void> {
    const { monitor, log, function: fn } = this.parts;
    await monitor?.write(fn.timer, status).catch((error) => {
      log.error(`Function '${this.name}' failed to update its schedule status: ${describeStorageProblem(error)}.`);
    });
  }

  private async sleepUntil(time: Date): Promise<void> {
    const left = () => time.getTime() - Date.now();
    while (left() > 0 && !this.stopped) await this.wait(Math.min(left(), longestSleep));
  }

  private async wait(milliseconds: number): Promise<void> {
    await sleep(milliseconds, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}
