/** What is running now, each with a line that says what it is: so that a stop can wait for it and name what it cut. */
export class Running {
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
  change(): Promise<void> {
    // Not a race of the jobs' promises: a long job would collect a reaction for each short one that ends beside it.
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  wake(): void {
    const waiters = this.waiters;
    this.waiters = [];
    for (const resolve of waiters) resolve();
  }

  /** Waits for all, at most so many milliseconds; returns what still runs. */
  async drain(limit: number): Promise<string[]> {
    await withLimit(Promise.all([...this.jobs.values()].map(({ ended }) => ended)), limit);
    return [...this.jobs.values()].map(({ what }) => what);
  }
}

/** Waits for a promise, but no longer than so many milliseconds. */
export async function withLimit(promise: Promise<unknown>, limit: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise((resolve) => {
    timer = setTimeout(resolve, limit);
  });
  await Promise.race([promise, timeout]);
  clearTimeout(timer);
}
