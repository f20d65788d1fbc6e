import { whenOrphaned } from "./when-orphaned";

/** The longest time for ending, in milliseconds: after Ctrl-C a person waits. */
const endingLimit = 1_900;

export interface Closing {
  close(): Promise<void>;
  /** Quick work that is done even when closing took too long. */
  remove(): void;
}

/** Ends this process. Only the first call counts. */
export type End = (code: number, last?: string) => Promise<void>;

/**
 * Makes this process end in good order on a signal, when its parent process has ended, or when its output has no reader any more.
 * @returns a function that ends it for another reason
 */
export function endWhenTold(closing: Closing): End {
  let ending: Promise<void> | undefined;
  const end: End = (code, last) => {
    ending ??= finish(closing, code, last);
    return ending;
  };
  process.once("exit", () => closing.remove());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.once(signal, () => end(0));
  whenOrphaned(() => end(0));
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => end(0)); // `npm start | head`
  return end;
}

async function finish({ close, remove }: Closing, code: number, last?: string): Promise<void> {
  if (last) process.stderr.write(`\n${last}\n`);
  process.on("uncaughtException", () => {}); // what is cut short by the end is no news
  const leave = () => {
    process.removeAllListeners("exit"); // Pulumi's would complain of a program that was not waited for
    remove();
    process.exit(code);
  };
  setTimeout(leave, endingLimit);
  await close().catch((error) => process.stderr.write(`${error}\n`));
  leave();
}
