import { type ChildProcess, spawn } from "node:child_process";

const hasGroups = process.platform !== "win32";
const signals: NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];
const ends: Partial<Record<NodeJS.Signals, number>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

/** Runs `go` in a module's folder. Told to stop, it takes Go's compilers with it. @throws Error with the end of what Go said */
export async function goCommand(args: string[], folder: string): Promise<void> {
  let child: ChildProcess | undefined;
  const stopped = onSignal(() => end(child)); // before it starts: what Go starts may be there before our next line
  child = spawn("go", args, {
    cwd: folder,
    env: { ...process.env, GOWORK: "off", GOTMPDIR: folder }, // what a killed build leaves goes away with the folder
    stdio: ["ignore", "ignore", "pipe"],
    detached: hasGroups, // a group of its own: Go does not end the compilers that it started
  });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-8000);
  });
  const failure = await new Promise<string | undefined>((resolve) => {
    child?.once("error", ({ message }) => resolve(message));
    child?.once("close", (code, signal) => resolve(code === 0 ? undefined : `${signal ?? `code ${code}`}\n${said}`));
  });
  const signal = stopped();
  if (signal) throw new Stopped(signal);
  if (failure) throw new Error(`go ${args[0]} failed: ${failure.trimEnd()}`);
}

/** Somebody pressed Ctrl-C, or the like. `exitCode` is what a shell would say. */
export class Stopped extends Error {
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`stopped by ${signal}`);
    this.exitCode = ends[signal] ?? 1;
  }
}

/** Ends a process with its group. */
function end(child: ChildProcess | undefined): void {
  if (hasGroups && child?.pid) process.kill(-child.pid, "SIGKILL");
  else child?.kill();
}

/** Heeds signals until its result is called, which tells which one came. */
function onSignal(heed: () => void): () => NodeJS.Signals | undefined {
  let came: NodeJS.Signals | undefined;
  const stop = (signal: NodeJS.Signals) => {
    came = signal;
    heed();
  };
  for (const signal of signals) process.on(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
    return came;
  };
}
