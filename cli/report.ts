import { printableLines } from "./printable";

/** What came of a command. */
export interface Report {
  /** For people. */
  text: string;
  /** For programs: one JSON object. */
  data: object;
  /** Something was not done; the report says what. */
  failed?: boolean;
}

/** Prints a report for whoever asked, and sets the exit code. */
export function print({ text, data, failed }: Report, json: boolean): void {
  process.stdout.write(`${json ? JSON.stringify(data) : text}\n`);
  if (failed) process.exitCode = 1;
}

/** Says something aside: what is for programs is on stdout alone. */
export function note(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}
