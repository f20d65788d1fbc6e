/** Messages come back a tenth more slowly than they may leave: the rest is for those who come for the first time. */
const returnSlack = 1.1;

/**
 * Gives each message that leaves for the bot a turn, at a fixed distance from the one before: in no second are there more than
 * so many, and there are no bursts. A message that would have to wait long is told when to come back: at such a distance from
 * others of the kind that a turn will be free.
 */
export class SendRate {
  /** Milliseconds between two turns. */
  private readonly distance: number;
  /** The next turn that is free, and the latest time at which a message comes back; milliseconds. */
  private nextTurn = 0;
  private lastReturn = 0;

  /** @param perSecond of this instance; may be less than 1 */
  constructor(perSecond: number) {
    this.distance = 1000 / perSecond;
  }

  /**
   * How long to wait for a turn, which is then taken; or when to come back, because that is longer than `patience`.
   * Milliseconds.
   */
  ask(patience: number, now = Date.now()): { wait: number } | { comeBackAt: Date } {
    const turn = Math.max(this.nextTurn, now);
    if (turn - now <= patience) {
      this.nextTurn = turn + this.distance;
      return { wait: turn - now };
    }
    this.lastReturn = Math.max(this.lastReturn, turn) + this.distance * returnSlack;
    return { comeBackAt: new Date(this.lastReturn) };
  }
}
