const firstPause = 1_000;
const longestPause = 30_000;

/** Who lived this long is not in a row of crashes. */
const soundLife = 60_000;

/** When an app that crashed is started again: as App Service does it, later after each crash. */
export class Recovery {
  private pause = firstPause;
  private timer?: NodeJS.Timeout;

  constructor(private readonly revive: () => void) {}

  /** @param lived for how many milliseconds the app ran */
  died(lived: number): void {
    if (lived >= soundLife) this.pause = firstPause;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.revive, this.pause);
    this.timer.unref();
    this.pause = Math.min(this.pause * 2, longestPause);
  }

  /** Something else starts the app, or ends it for good. */
  forget(): void {
    clearTimeout(this.timer);
    this.pause = firstPause;
  }
}
