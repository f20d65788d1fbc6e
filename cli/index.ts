import { CommanderError } from "commander";
import { errorText } from "./error-text";
import { WrongUsage } from "./failure";
import { program } from "./program";

/** `npm run cli`. */
async function main(args: string[]): Promise<void> {
  const command = program();
  try {
    await command.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return; // it was asked for help, and gave it
    tell(error as Error, command.opts().json);
  }
}

/** Never the stack trace: it tells an operator nothing. */
function tell(error: Error, json: boolean): void {
  const isUsage = error instanceof WrongUsage || error instanceof CommanderError;
  const text = errorText(error);
  process.stderr.write(isUsage ? `${text}\nHow it is used: npm run cli -- --help\n` : `${text}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ error: text })}\n`);
  process.exitCode = isUsage ? 2 : 1;
}

for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {}); // `| head` must end no work
main(process.argv.slice(2));
