const width = 30;

/** Milliseconds between two lines where there is no terminal. */
const pause = 5_000;

/** Shows how far something is: as a bar on a terminal, else in a line now and then. */
export class Progress {
  private words = "";
  private said = "";
  private saidAt = -Infinity;

  /** @param what stands behind the numbers: "on the queue" */
  constructor(
    private readonly total: number,
    private readonly what: string,
    private readonly out: Pick<NodeJS.WriteStream, "isTTY" | "write"> = process.stderr,
  ) {}

  at(done: number, detail = ""): void {
    this.words = `${done}/${this.total} ${this.what}${detail && ` (${detail})`}`;
    if (this.out.isTTY) this.out.write(`\r\u001b[K${this.bar(done)} ${this.words}`);
    else if (performance.now() - this.saidAt >= pause) this.say();
  }

  /** What was shown last stays. */
  end(): void {
    if (this.out.isTTY) this.out.write("\n");
    else if (this.words !== this.said) this.say();
  }

  private say(): void {
    this.out.write(`${this.words}\n`);
    this.said = this.words;
    this.saidAt = performance.now();
  }

  private bar(done: number): string {
    const full = Math.floor((done / Math.max(this.total, 1)) * width);
    return `[${"#".repeat(full)}${"-".repeat(width - full)}]`;
  }
}
