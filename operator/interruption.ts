/** Ctrl-C, which asks the work that is under way to come to an end. */
export class Interruption {
  private readonly controller = new AbortController();
  private readonly stop = () => this.controller.abort(); // npm sends it twice

  constructor() {
    for (const name of ["SIGINT", "SIGTERM"]) process.on(name, this.stop);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  /** From here on it ends the program, as usual. */
  over(): void {
    for (const name of ["SIGINT", "SIGTERM"]) process.off(name, this.stop);
  }
}

/** Lets work end in good order on Ctrl-C. */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interruption = new Interruption();
  try {
    return await work(interruption.signal);
  } finally {
    interruption.over();
  }
}
