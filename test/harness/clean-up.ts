type End = () => Promise<unknown>;

/** What a run has opened, ended in reverse order: at its end, when it fails, and on Ctrl-C. */
export class CleanUp {
  private readonly ends: End[] = [];

  constructor() {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => this.now().finally(() => process.exit(1)));
    }
  }

  add(end: End): void {
    this.ends.push(end);
  }

  /** Everything is ended, whatever fails. @throws the first failure */
  async now(): Promise<void> {
    const failures: unknown[] = [];
    for (let end = this.ends.pop(); end; end = this.ends.pop()) {
      await end().catch((error) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}
