import { createInterface } from "node:readline/promises";
import { UsageError } from "../errors";
import { printableLines } from "./text";

/** Writes a remark on stderr: stdout has the report alone. */
export function note(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}

/** Asks on the terminal. @throws UsageError where the input is no terminal */
export async function confirm(
  question: string,
  input: Pick<NodeJS.ReadStream, "isTTY"> & NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Promise<boolean> {
  if (!input.isTTY)
    throw new UsageError(`${question} This question needs a terminal. Add --yes to confirm without one.`);
  const terminal = createInterface({ input, output });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

const barWidth = 30;

/** Milliseconds between two lines where no bar can be drawn. */
const lineInterval = 5_000;

/** Shows progress on stderr: as a bar on a terminal, elsewhere (or with TERM=dumb) as a line every five seconds. */
export class Progress {
  private readonly hasBar: boolean;
  private line = "";
  private writtenLine = "";
  private writtenAt = -Infinity;

  /** @param label behind the numbers: "delivered" */
  constructor(
    private readonly total: number,
    private readonly label: string,
    private readonly out: Pick<NodeJS.WriteStream, "isTTY" | "write"> = process.stderr,
  ) {
    this.hasBar = out.isTTY && process.env.TERM !== "dumb";
  }

  update(done: number, detail = ""): void {
    this.line = `${done}/${this.total} ${this.label}${detail && ` (${detail})`}`;
    if (this.hasBar) this.out.write(`\r\u001b[K${this.bar(done)} ${this.line}`);
    else if (performance.now() - this.writtenAt >= lineInterval) this.writeLine();
  }

  /** Leaves the last state on the screen. */
  end(): void {
    if (this.hasBar) this.out.write("\n");
    else if (this.line !== this.writtenLine) this.writeLine();
  }

  private writeLine(): void {
    this.out.write(`${this.line}\n`);
    this.writtenLine = this.line;
    this.writtenAt = performance.now();
  }

  private bar(done: number): string {
    const full = Math.floor((done / Math.max(this.total, 1)) * barWidth);
    return `[${"#".repeat(full)}${"-".repeat(barWidth - full)}]`;
  }
}
