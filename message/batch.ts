/** Messages come a tenth more slowly than they may leave: what is left is for others, who find their way between them. */
const slack = 1.1;

/** Many messages whose ids begin alike, on their way to the queue. */
export class Batch {
  private count = 0;

  /**
   * @param id what their ids begin with, before a `/`
   * @param perSecond how many of all messages a second the function brings to the bot
   * @param begin when the first may come
   */
  constructor(
    readonly id: string,
    private readonly perSecond: number,
    private readonly begin = new Date(),
  ) {}

  /** When the next of its messages is to show up on the queue: so many at a time as can leave. */
  nextTime(): Date {
    return new Date(this.begin.getTime() + (this.count++ * slack * 1000) / this.perSecond);
  }
}
