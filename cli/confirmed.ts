import { createInterface } from "node:readline/promises";
import { WrongUsage } from "./failure";

/** Asks on the terminal. @throws WrongUsage where nobody can answer */
export async function confirmed(
  question: string,
  input: Pick<NodeJS.ReadStream, "isTTY"> & NodeJS.ReadableStream = process.stdin,
  output: NodeJS.WritableStream = process.stderr,
): Promise<boolean> {
  if (!input.isTTY) throw new WrongUsage(`${question} Nobody can answer without a terminal: say --yes.`);
  const terminal = createInterface({ input, output });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}
