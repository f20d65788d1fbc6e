import { type ChildProcess, spawn } from "node:child_process";

const hasGroups = process.platform !== "win32";
const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
const exitCodes: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Runs `go` in a module's folder. A signal also ends Go's compilers. @throws StoppedError after a signal @throws Error with the end of Go's output */
export async function runGo(args: string[], folder: string): Promise<void> {
  let child: ChildProcess | undefined;
  const stopped = catchSignals(() => killGroup(child)); // before the spawn, because Go may start compilers before the next line runs
  child = spawn("go", args, {
    cwd: folder,
    env: { ...process.env, GOWORK: "off", GOTMPDIR: folder }, // the leftovers of a killed build are deleted with the folder
    stdio: ["ignore", "ignore", "pipe"],
    detached: hasGroups, // a process group of its own, because Go does not end its compilers
  });
  let output = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output = (output + text).slice(-8000);
  });
  const failure = await new Promise<string | undefined>((resolve) => {
    child?.once("error", ({ message }) => resolve(message));
    child?.once("close", (code, signal) => resolve(code === 0 ? undefined : `${signal ?? `code ${code}`}\n${output}`));
  });
  const signal = stopped();
  if (signal) throw new StoppedError(signal);
  if (failure) throw new Error(`go ${args[0]} failed: ${failure.trimEnd()}`);
}

/** The build was ended by a signal, such as Ctrl-C. `exitCode` is the one that a shell reports for the signal. */
export class StoppedError extends Error {
  override readonly name = "StoppedError";
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`The build was stopped by ${signal}.`);
    this.exitCode = exitCodes[signal] ?? 1;
  }
}

/** Kills a process and its group. */
function killGroup(child: ChildProcess | undefined): void {
  if (hasGroups && child?.pid) process.kill(-child.pid, "SIGKILL");
  else child?.kill();
}

/** Calls `handle` on each signal. The returned function removes the handlers and returns the signal that arrived, if any. */
function catchSignals(handle: () => void): () => NodeJS.Signals | undefined {
  let received: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals) => {
    received = signal;
    handle();
  };
  for (const signal of signals) process.on(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
    return received;
  };
}
