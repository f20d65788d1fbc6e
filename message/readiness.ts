const milliseconds = 5_000;

/** Whether everything an app depends on answers; asked at most once in five seconds, whoever knocks. */
export class Readiness {
  private checkedAt = 0;
  private answer: Promise<boolean> = Promise.resolve(false);

  /** @param check rejects when something is out of reach; `report` is told why. */
  constructor(
    private readonly check: () => Promise<unknown>,
    private readonly report: (error: unknown) => void,
  ) {}

  ready(): Promise<boolean> {
    if (Date.now() - this.checkedAt > milliseconds) {
      this.checkedAt = Date.now();
      this.answer = this.check().then(
        () => true,
        (error) => {
          this.report(error);
          return false;
        },
      );
    }
    return this.answer;
  }
}
