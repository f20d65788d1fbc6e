import { setTimeout as sleep } from "node:timers/promises";
import { PollingBackoff } from "./backoff";
import type { TimerFunction } from "./bindings";
import { type Invoker, newInvocationId } from "./invocation";
import type { CategoryLog } from "./log";
import type { RunningJobs } from "./running-jobs";
import type { ScheduleMonitor } from "./schedule-monitor";
import { type ScheduleStatus, statusAtStart } from "./schedule-status";
import { describeStorageProblem, OutageLog } from "./storage-problem";
import { timerInput, timerTriggerMetadata } from "./trigger-data";

/** Longest wait between tries to read a timer's status, in milliseconds. A timer does not start before its status is read. */
const longestErrorWait = 5_000;

/** Milliseconds. Node's timers allow at most 24.8 days, so a longer wait consists of several. */
const longestSleep = 24 * 24 * 60 * 60 * 1000;

export interface TimerListenerParts {
  function: TimerFunction;
  /** Absent: the timer does not catch up on missed runs. */
  monitor?: ScheduleMonitor;
  invoker: Pick<Invoker, "invoke">;
  log: CategoryLog;
  /** All running jobs of the host. A stop waits for them. */
  running: RunningJobs;
}

/** The reason for a timer's run. */
type TimerReason = "in time" | "past due" | "start-up";

/** Runs a function on its schedule, never twice at once. Semantics: TimerListener of WebJobs.Extensions. */
export class TimerListener {
  private readonly name: string;
  private readonly stopping = new AbortController();

  constructor(private readonly parts: TimerListenerParts) {
    this.name = parts.function.function.metadata.name;
  }

  start(): void {
    void this.run();
  }

  /** Starts no more runs. The host waits for the current one. */
  async stop(): Promise<void> {
    this.stopping.abort();
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    let status = await this.loadStatus();
    if (this.stopped || !status) return;
    const occasion = this.reasonAtStart(status);
    if (occasion !== "in time") status = await this.trigger(status, occasion);
    for (;;) {
      await this.sleepUntil(status.next);
      if (this.stopped) return;
      status = await this.trigger(status, "in time");
    }
  }

  private reasonAtStart({ next }: ScheduleStatus): TimerReason {
    if (next.getTime() < Date.now()) {
      this.parts.log.info(`Function '${this.name}' is past due on startup: it was due at ${next.toISOString()}.`);
      return "past due";
    }
    return this.parts.function.runOnStartup ? "start-up" : "in time";
  }

  /** Loads the stored status. Undefined when the listener was stopped meanwhile. */
  private async loadStatus(): Promise<ScheduleStatus | undefined> {
    const { monitor, log, function: fn } = this.parts;
    if (!monitor) return statusAtStart(undefined, fn.schedule, new Date()).status;
    const waits = new PollingBackoff(longestErrorWait);
    const trouble = new OutageLog(log, `the schedule status of function '${this.name}'`);
    while (!this.stopped) {
      try {
        const { status, change } = statusAtStart(await monitor.read(fn.timer), fn.schedule, new Date());
        trouble.recordSuccess();
        if (change) await this.saveStatus(status);
        return status;
      } catch (error) {
        trouble.recordFailure(error);
        await this.wait(waits.next());
      }
    }
  }

  /** Runs the function and returns the timer's new status. A failure of the function does not end the schedule. */
  private async trigger(status: ScheduleStatus, occasion: TimerReason): Promise<ScheduleStatus> {
    const run = this.invoke(status, occasion);
    this.parts.running.add(`the timer of Functions.${this.name}, due at ${status.next.toISOString()}`, run);
    return run;
  }

  private async invoke(status: ScheduleStatus, occasion: TimerReason): Promise<ScheduleStatus> {
    const { invoker, monitor, function: fn } = this.parts;
    const began = new Date();
    const call = {
      function: fn.function,
      invocationId: newInvocationId(),
      inputData: [{ name: fn.binding, data: timerInput(monitor && status, occasion === "past due") }],
      triggerMetadata: timerTriggerMetadata(this.name),
      successLevel: "information" as const,
    };
    await invoker.invoke(call).catch(() => {}); // the invoker has logged the error
    const from = occasion === "in time" && status.next > began ? status.next : began; // Node may fire a timer slightly early
    const after = { last: from, next: fn.schedule.next(from), lastUpdated: from };
    await this.saveStatus(after);
    return after;
  }

  /** Stores the status. A failure is logged and otherwise ignored. */
  private async saveStatus(status: ScheduleStatus): Promise<void> {
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
