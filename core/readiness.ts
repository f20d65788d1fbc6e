const milliseconds = 5_000;

/** Whether everything an app depends on answers; asked at most once in five seconds, whoever knocks. */
export class Readiness {
  private checkedAt = 0;
  private answer: Promise<boolean> = Promise.resolve(false);

  /** @param checks each rejects when something is out of reach; `report` is told of every one that does */
  constructor(
    private readonly checks: (() => Promise<unknown>)[],
    private readonly report: (error: unknown) => void,
  ) {}

  ready(): Promise<boolean> {
    if (Date.now() - this.checkedAt > milliseconds) {
      this.checkedAt = Date.now();
      this.answer = this.check();
    }
    return this.answer;
  }

  private async check(): Promise<boolean> {
    const outcomes = await Promise.allSettled(this.checks.map((check) => check()));
    const failures = outcomes.filter((outcome) => outcome.status === "rejected");
    for (const { reason } of failures) this.report(reason);
    return failures.length === 0;
  }
}
