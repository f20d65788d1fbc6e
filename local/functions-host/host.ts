import { loadApp } from "./app-loader";
import { AppSettings } from "./app-settings";
import { type QueueFunction, readTriggers, type TimerFunction } from "./bindings";
import { FunctionsCore } from "./functions-core";
import { type HostSettings, readHostSettings } from "./host-settings";
import { HttpListener } from "./http-listener";
import { Invoker } from "./invocation";
import { type CategoryLog, HostLog } from "./log";
import { PoisonQueue } from "./poison-queue";
import { connectToQueues } from "./queue-connection";
import { QueueListener } from "./queue-listener";
import { MessageProcessor } from "./queue-message";
import { RunningJobs, waitAtMost } from "./running-jobs";
import { BlobScheduleMonitor, hostIdOf } from "./schedule-monitor";
import { messageOf } from "./startup-error";
import { TimerListener } from "./timer-listener";

/** Milliseconds that a stop waits for running jobs, then for the app's appTerminate hooks. */
const drainLimit = 1_500;
const terminateLimit = 500;

export interface HostOptions {
  /** Folder of the extracted app with package.json, host.json and entry point. */
  content: string;
  /** Seconds that a received message stays hidden from other hosts. Renewed after half of the time. */
  leaseSeconds: number;
  environment: Record<string, string | undefined>;
}

/** Listens for the events that trigger a function. */
interface Listener {
  start(): void;
  /** Starts no more runs. The host waits for the current ones. */
  stop(): Promise<void>;
}

/** A loaded and running function app. */
export class FunctionsHost {
  private constructor(
    private readonly core: FunctionsCore,
    private readonly front: HttpListener,
    private readonly listeners: Listener[],
    private readonly running: RunningJobs,
    private readonly log: CategoryLog,
  ) {}

  /** Loads the app and starts its triggers. @throws StartupError when the real host would not run the app, or this host does not support it */
  static async start(options: HostOptions): Promise<FunctionsHost> {
    const settings = new AppSettings(options.environment);
    const { port } = settings.checkPlatform();
    const hostSettings = readHostSettings(options.content);
    const hostLog = new HostLog(hostSettings.logging.logLevel);
    const log = hostLog.of("Host.Startup");

    const core = new FunctionsCore(hostLog);
    core.install();
    loadApp(options.content);
    const model = await core.start(options.content);
    const triggers = readTriggers(core.functions.values(), settings, hostSettings.extensions.http.routePrefix);
    for (const name of triggers.disabled) log.info(`Function '${name}' is disabled.`);

    const invoker = new Invoker(core, model, hostLog);
    const running = new RunningJobs();
    const front = new HttpListener(triggers.http, invoker, running, hostLog.of("Host.Http"));
    const queueListeners = triggers.queues.map((fn) =>
      createQueueListener(fn, hostSettings, options.leaseSeconds, invoker, running, hostLog.of("Host.Queues")),
    );
    const hostId = hostIdOf(settings.get("WEBSITE_SITE_NAME") ?? "local");
    const timerListeners = triggers.timers.map((fn) =>
      createTimerListener(fn, hostId, invoker, running, hostLog.of("Host.Triggers.Timer")),
    );
    const listeners: Listener[] = [...queueListeners, ...timerListeners];
    log.info(`Listening on http://127.0.0.1:${await front.listen(port)}`);
    for (const { function: fn, route, methods } of triggers.http) {
      log.info(`  ${fn.metadata.name}: [${methods.join(",")}] /${route.template}`);
    }
    for (const { function: fn, queueName } of triggers.queues) log.info(`  ${fn.metadata.name}: queue '${queueName}'`);
    for (const { function: fn, schedule } of triggers.timers) {
      const next = schedule.next(new Date()).toISOString();
      log.info(`  ${fn.metadata.name}: timer '${schedule.expression}', next at ${next}`);
    }
    for (const listener of listeners) listener.start();
    return new FunctionsHost(core, front, listeners, running, log);
  }

  /** Waits for running jobs up to the limit and logs the ones that did not finish. Their messages and timers run again later. */
  async stop(): Promise<void> {
    this.log.info("Stopping. No new messages or requests are accepted.");
    this.front.stop();
    const began = Date.now();
    await waitAtMost(Promise.all(this.listeners.map((listener) => listener.stop())), drainLimit);
    const cut = await this.running.drain(Math.max(0, drainLimit - (Date.now() - began)));
    for (const what of cut)
      this.log.warn(
        `Interrupted by the stop: ${what}. A message returns when its lease ends, a timer runs at the next start.`,
      );
    await waitAtMost(this.terminate(), terminateLimit);
    this.log.info("Stopped.");
  }

  private async terminate(): Promise<void> {
    try {
      await this.core.terminate();
    } catch (error) {
      this.log.error(`The app's appTerminate hook failed: ${messageOf(error)}`);
    }
  }
}

function createQueueListener(
  fn: QueueFunction,
  hostSettings: HostSettings,
  leaseSeconds: number,
  invoker: Invoker,
  running: RunningJobs,
  log: CategoryLog,
): QueueListener {
  const service = connectToQueues(fn.connection);
  const queue = service.getQueueClient(fn.queueName);
  const settings = hostSettings.extensions.queues;
  const poison = PoisonQueue.of(service, fn.queueName);
  const processor = new MessageProcessor({ function: fn, queue, poison, settings, leaseSeconds, invoker, log });
  return new QueueListener({
    queue,
    functionName: fn.function.metadata.name,
    processor,
    settings,
    leaseSeconds,
    log,
    running,
  });
}

function createTimerListener(
  fn: TimerFunction,
  hostId: string,
  invoker: Invoker,
  running: RunningJobs,
  log: CategoryLog,
): TimerListener {
  const monitor = fn.monitor && new BlobScheduleMonitor(fn.monitor, hostId);
  return new TimerListener({ function: fn, monitor, invoker, log, running });
}
