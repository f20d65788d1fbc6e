import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

export interface AppProcessOptions {
  /** Arguments of node. */
  arguments: string[];
  cwd: string;
  /** The app's whole environment. */
  env: Record<string, string>;
  log(line: string): void;
  /** Called when the app ends without a call of `stop`. */
  onDeath(cause: string): void;
}

const guard = path.join(__dirname, "parent-guard.cjs");
const graceMilliseconds = 1_500;

/** A running app: a child process, which also ends when this process is killed. */
export class AppProcess {
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;
  private stopping = false;

  constructor(options: AppProcessOptions) {
    this.child = spawn(process.execPath, ["--require", guard, ...options.arguments], {
      cwd: options.cwd,
      env: options.env,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      detached: true, // a Ctrl-C in the terminal must reach only this process, not the app
    });
    this.ended = once(this.child, "exit");
    this.child.once("exit", (code, signal) => {
      if (!this.stopping) options.onDeath(signal ? `was killed by ${signal}` : `ended with exit code ${code}`);
    });
    pipeLines(this.child.stdout, options.log);
    pipeLines(this.child.stderr, options.log);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Sends SIGTERM, as App Service does, and SIGKILL to an app that does not end. */
  async stop(): Promise<void> {
    this.stopping = true;
    const timer = setTimeout(() => this.child.kill("SIGKILL"), graceMilliseconds);
    this.child.kill("SIGTERM");
    if (this.child.exitCode === null && this.child.signalCode === null) await this.ended;
    clearTimeout(timer);
  }
}

function pipeLines(stream: Readable | null, log: (line: string) => void): void {
  if (stream) createInterface({ input: stream }).on("line", log);
}
