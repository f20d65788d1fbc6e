import { setTimeout as sleep } from "node:timers/promises";

/** Messages come back a tenth more slowly than they may leave: this leaves turns for new messages. */
const returnSlack = 1.1;

/**
 * Limits how many messages leave for the bot each second. Each message gets a turn at a fixed distance from the one before, so
 * there are no bursts. A message that would wait too long gets a time to come back at, when a turn will be free.
 * All times are milliseconds of the monotonic clock.
 */
export class SendRate {
  /** The time between two messages. */
  private readonly distance: number;
  /** The next free turn. */
  private nextTurn = 0;
  /** The latest time that a message was given to come back at. */
  private lastReturn = 0;
  /** The earliest time for the next departure: the last message may have left after its turn. */
  private nextDeparture = 0;

  /** @param perSecond messages of this instance; may be less than 1 */
  constructor(perSecond: number) {
    this.distance = 1000 / perSecond;
  }

  /** Waits until a message may leave, and resolves to 0; or resolves at once to the milliseconds after which to ask again. */
  async waitForTurn(maxWait: number): Promise<number> {
    const turn = this.reserve(maxWait);
    if ("comeBackIn" in turn) return turn.comeBackIn;
    if (turn.wait > 0) await sleep(turn.wait);
    for (let wait = this.depart(); wait > 0; wait = this.depart()) await sleep(wait);
    return 0;
  }

  /** Takes the next free turn, or assigns a time to come back at when that turn is further away than `maxWait`. */
  reserve(maxWait: number, now = performance.now()): { wait: number } | { comeBackIn: number } {
    const turn = Math.max(this.nextTurn, now);
    if (turn - now <= maxWait) {
      this.nextTurn = turn + this.distance;
      return { wait: turn - now };
    }
    this.lastReturn = Math.max(this.lastReturn, turn) + this.distance * returnSlack;
    return { comeBackIn: this.lastReturn - now };
  }

  /** Called when a message's turn has come. 0: the message leaves now; else the time after which to call again. */
  depart(now = performance.now()): number {
    if (now < this.nextDeparture) return this.nextDeparture - now;
    this.nextDeparture = now + this.distance;
    this.nextTurn = Math.max(this.nextTurn, this.nextDeparture);
    return 0;
  }
}
