import { Console } from "node:console";
import { type StartOptions, startOptions } from "./start-options";

/** A command that takes the options of `npm start`: says how it is used, and what is wrong in one sentence. */
export function command(help: string, run: (options: StartOptions) => Promise<void>): void {
  try {
    const options = startOptions(process.argv.slice(2));
    if (options.help) return void process.stdout.write(help);
    if (options.json) globalThis.console = new Console(process.stderr); // stdout is for one line
    run(options).catch((error: Error) => fail(error.message));
  } catch (error) {
    fail(`${(error as Error).message}\n\n${help}`);
  }
}

function fail(message: string): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = 1;
}
