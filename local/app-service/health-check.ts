/**
 * App Service asks each instance once a minute and expects an answer from 200 to 299; a plan's only instance is kept in
 * service all the same. Source: learn.microsoft.com/azure/app-service/monitor-instances-health-check.
 */
const everyMilliseconds = 60_000;

export interface HealthCheckOptions {
  path: string;
  /** The ports of the instances that run now. */
  targets(): number[];
  log(line: string): void;
}

/** Watches an app by its `healthCheckPath` and says when it is not well. */
export class HealthCheck {
  private readonly timer: NodeJS.Timeout;

  constructor(private readonly options: HealthCheckOptions) {
    this.timer = setInterval(() => this.ask(), everyMilliseconds);
    this.timer.unref();
  }

  close(): void {
    clearInterval(this.timer);
  }

  private async ask(): Promise<void> {
    await Promise.all(this.options.targets().map((port) => this.askInstance(port)));
  }

  private async askInstance(port: number): Promise<void> {
    const { path, log } = this.options;
    const signal = AbortSignal.timeout(everyMilliseconds / 2);
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal }).catch((error: Error) => error);
    if (answer instanceof Error) log(`Health check ${path}: ${answer.message}`);
    else if (!answer.ok) log(`Health check ${path}: ${answer.status}`);
  }
}
