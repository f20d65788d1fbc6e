const firstPause = 1_000;
const longestPause = 30_000;

/** An app that ran this long has recovered: the next pause is short again. Milliseconds, as are the pauses. */
const stableAfter = 60_000;

/** Schedules the restart of a crashed app. The pause doubles with each crash, as in App Service. */
export class Recovery {
  private pause = firstPause;
  private timer?: NodeJS.Timeout;

  constructor(private readonly restart: () => void) {}

  /** @param lived milliseconds that the app ran */
  scheduleRestart(lived: number): void {
    if (lived >= stableAfter) this.pause = firstPause;
    clearTimeout(this.timer);
    this.timer = setTimeout(this.restart, this.pause);
    this.timer.unref();
    this.pause = Math.min(this.pause * 2, longestPause);
  }

  /** Cancels the restart, because the app was started or ended by other means. */
  cancel(): void {
    clearTimeout(this.timer);
    this.pause = firstPause;
  }
}
