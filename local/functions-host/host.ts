import { loadApp } from "./app-loader";
import { AppSettings } from "./app-settings";
import { type QueueFunction, readTriggers, type TimerFunction } from "./bindings";
import { FunctionsCore } from "./functions-core";
import { type HostSettings, readHostSettings } from "./host-settings";
import { HttpFront } from "./http-front";
import { Invoker } from "./invocation";
import { type CategoryLog, HostLog } from "./log";
import { PoisonQueue } from "./poison-queue";
import { connectToQueues } from "./queue-connection";
import { QueueListener } from "./queue-listener";
import { MessageProcessor } from "./queue-message";
import { messageOf } from "./refusal";
import { Running, withLimit } from "./running";
import { BlobScheduleMonitor, hostIdOf } from "./schedule-monitor";
import { TimerListener } from "./timer-listener";

/** Milliseconds that a stop leaves to what is running, then to the app's appTerminate hooks. */
const drainLimit = 1_500;
const terminateLimit = 500;

export interface HostOptions {
  /** Folder of the extracted app: package.json, host.json, entry point. */
  content: string;
  /** Seconds for which a received message is hidden from other hosts; renewed at half time. */
  leaseSeconds: number;
  environment: Record<string, string | undefined>;
}

/** Waits for what sets a function off. */
interface Listener {
  start(): void;
  /** Begins no more; what runs is the host's to wait for. */
  stop(): Promise<void>;
}

/** One function app, loaded and running. */
export class FunctionsHost {
  private constructor(
    private readonly core: FunctionsCore,
    private readonly front: HttpFront,
    private readonly listeners: Listener[],
    private readonly running: Running,
    private readonly log: CategoryLog,
  ) {}

  /** Loads the app and starts its triggers; rejects with a Refusal when the real host would not run it (or this one cannot). */
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
    const running = new Running();
    const front = new HttpFront(triggers.http, invoker, running, hostLog.of("Host.Http"));
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

  /** Lets what runs finish within the limit; what does not is named: messages come back after their lease, timers at the next start. */
  async stop(): Promise<void> {
    this.log.info("Stopping: no new messages and requests.");
    this.front.stop();
    const began = Date.now();
    await withLimit(Promise.all(this.listeners.map((listener) => listener.stop())), drainLimit);
    const cut = await this.running.drain(Math.max(0, drainLimit - (Date.now() - began)));
    for (const what of cut)
      this.log.warn(`Cut by the stop: ${what}. A message comes back when its lease ends, a timer at the next start.`);
    await withLimit(this.terminate(), terminateLimit);
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
  running: Running,
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
  running: Running,
  log: CategoryLog,
): TimerListener {
  const monitor = fn.monitor && new BlobScheduleMonitor(fn.monitor, hostId);
  return new TimerListener({ function: fn, monitor, invoker, log, running });
}
