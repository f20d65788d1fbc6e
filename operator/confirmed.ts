import { createInterface } from "node:readline/promises";
import { WrongUsage } from "./failure";

/** Asks on the terminal. @throws WrongUsage where nobody can answer */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new WrongUsage(`${question} Nobody can answer without a terminal: say --yes.`);
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
