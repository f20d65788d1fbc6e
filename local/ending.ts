import { whenOrphaned } from "./when-orphaned";

/** The most that ending may take, in milliseconds: whoever pressed Ctrl-C waits. */
const farewell = 1_900;

export interface Closing {
  close(): Promise<void>;
  /** What is left to do even when closing took too long; quick. */
  remove(): void;
}

/** Ends this process, once, whatever asks first. */
export type End = (code: number, last?: string) => Promise<void>;

/**
 * Makes this process end in good order when it is told to: by a signal, because who started it has gone, or because nobody
 * reads what it says. @returns for who wants it to end for another reason
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
  setTimeout(leave, farewell);
  await close().catch((error) => process.stderr.write(`${error}\n`));
  leave();
}
