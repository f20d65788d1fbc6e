/** Messages come back a tenth more slowly than they may leave: the rest is for those who come for the first time. */
const returnSlack = 1.1;

/**
 * Gives each message that leaves for the bot a turn, at a fixed distance from the one before: in no second are there more than
 * so many, and there are no bursts. A message that would have to wait long is told when to come back: at such a distance from
 * others of the kind that a turn will be free. All times are in milliseconds, by a clock that nobody sets.
 */
export class SendRate {
  /** Between two messages. */
  private readonly distance: number;
  /** The next turn that is free. */
  private nextTurn = 0;
  /** The latest time at which a message comes back. */
  private lastReturn = 0;
  /** The earliest time at which a message may leave: the last one may have been late for its turn. */
  private nextDeparture = 0;

  /** @param perSecond of this instance; may be less than 1 */
  constructor(perSecond: number) {
    this.distance = 1000 / perSecond;
  }

  /** How long to wait for a turn, which is then taken; or in what time to come back, because that is longer than `patience`. */
  ask(patience: number, now = performance.now()): { wait: number } | { comeBackIn: number } {
    const turn = Math.max(this.nextTurn, now);
    if (turn - now <= patience) {
      this.nextTurn = turn + this.distance;
      return { wait: turn - now };
    }
    this.lastReturn = Math.max(this.lastReturn, turn) + this.distance * returnSlack;
    return { comeBackIn: this.lastReturn - now };
  }

  /** Asked when it is a message's turn. 0: it leaves now; else how long it has to wait still, and then to ask again. */
  leave(now = performance.now()): number {
    if (now < this.nextDeparture) return this.nextDeparture - now;
    this.nextDeparture = now + this.distance;
    this.nextTurn = Math.max(this.nextTurn, this.nextDeparture);
    return 0;
  }
}
