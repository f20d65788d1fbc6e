/** There is as much to do as one process can do at a time. */
export class TooBusyError extends Error {
  override readonly name = "TooBusyError";
}

/** Work of which there is only so much at a time: what comes on top is turned away, for waiting here would fill the memory. */
export class InFlight {
  private count = 0;

  constructor(private readonly most: number) {}

  /** @throws TooBusyError, or what the work throws */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.count >= this.most) throw new TooBusyError(`${this.count} are under way`);
    this.count++;
    try {
      return await work();
    } finally {
      this.count--;
    }
  }
}
