/**
 * App Service sends one request a minute to each instance and expects a status from 200 to 299. It never removes a plan's
 * only instance. Source: learn.microsoft.com/azure/app-service/monitor-instances-health-check.
 */
const everyMilliseconds = 60_000;

export interface HealthCheckOptions {
  path: string;
  /** The ports of the running instances. */
  targets(): number[];
  log(line: string): void;
}

/** Checks an app's `healthCheckPath` and logs failures. */
export class HealthCheck {
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: HealthCheckOptions) {
    this.timer = setInterval(() => this.checkAll(), everyMilliseconds);
    this.timer.unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async checkAll(): Promise<void> {
    await Promise.all(this.options.targets().map((port) => this.checkInstance(port)));
  }

  private async checkInstance(port: number): Promise<void> {
    const { path, log } = this.options;
    const signal = AbortSignal.timeout(everyMilliseconds / 2);
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal }).catch((error: Error) => error);
    if (answer instanceof Error) log(`Health check ${path}: ${answer.message}`);
    else if (!answer.ok) log(`Health check ${path}: ${answer.status}`);
  }
}
