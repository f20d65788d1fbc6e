/** The running jobs, each with a description. A stop waits for them and logs the ones that it interrupts. */
export class RunningJobs {
  private readonly jobs = new Map<symbol, { what: string; ended: Promise<void> }>();
  private waiters: (() => void)[] = [];

  get size(): number {
    return this.jobs.size;
  }

  add(what: string, job: Promise<unknown>): void {
    const key = Symbol(what);
    const end = () => {
      this.jobs.delete(key);
      this.wake();
    };
    this.jobs.set(key, { what, ended: job.then(end, end) });
  }

  /** Resolves when the next job ends, or at `wake()`. */
  nextChange(): Promise<void> {
    // Promise.race would add one reaction to every long job for each short job that ends.
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  wake(): void {
    const waiters = this.waiters;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Waits for all jobs, at most `limit` milliseconds. Returns the descriptions of jobs that still run. */
  async drain(limit: number): Promise<string[]> {
    await waitAtMost(Promise.all([...this.jobs.values()].map(({ ended }) => ended)), limit);
    return [...this.jobs.values()].map(({ what }) => what);
  }
}

/** Waits for a promise, at most `limit` milliseconds. */
export async function waitAtMost(promise: Promise<unknown>, limit: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, limit);
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}
