import { CommanderError } from "commander";
import { errorMessage, UsageError } from "./errors";
import { createProgram } from "./program";

/** `npm run cli`. */
async function main(args: string[]): Promise<void> {
  const program = createProgram();
  if (!args.length) return program.outputHelp();
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    const isHelp = error instanceof CommanderError && error.exitCode === 0;
    if (!isHelp) reportError(error as Error, program.opts().json);
  }
}

function reportError(error: Error, json: boolean): void {
  const isUsage = error instanceof UsageError || error instanceof CommanderError;
  const text = errorMessage(error);
  process.stderr.write(isUsage ? `${text}\nFor help, run: npm run cli -- --help\n` : `${text}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ error: text })}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {}); // `| head` must not stop the work
main(process.argv.slice(2));
