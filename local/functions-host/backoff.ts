/** The wait between polls of an empty queue: short at first, then doubled each time, up to a maximum. */
export class PollingBackoff {
  private exponent = 0;
  private current = 0;

  /** Milliseconds. Source of 100 ms and ±20 %: QueuePollingIntervals and RandomizedExponentialBackoffStrategy. */
  constructor(
    private readonly maximum: number,
    private readonly minimum = 100,
    private readonly random: () => number = Math.random,
  ) {}

  /** Call this after a poll that found a message. The next wait is the shortest again. */
  reset(): void {
    this.exponent = 0;
    this.current = 0;
  }

  /** Milliseconds to wait before the next poll. */
  next(): number {
    if (this.current < this.maximum) {
      this.current = Math.min(this.minimum + this.growth(), this.maximum);
      this.exponent++;
    }
    return this.current;
  }

  private growth(): number {
    if (this.exponent === 0) return 0;
    return (0.8 + this.random() * 0.4) * 2 ** (this.exponent - 1) * this.minimum;
  }
}
