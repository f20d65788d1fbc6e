import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import type { StackDescription } from "../../local/stack-description";
import { isRunning } from "./is-running";
import { strict } from "./strict";

const root = path.resolve(__dirname, "../..");
const start = ["scripts/run.cjs", "local/start.ts", "--json", "--port", "0"];

/** Milliseconds; generous, for a machine that does other things too. */
const readyLimit = 120_000;
const stopLimit = 60_000;

export interface Launch {
  command: string;
  args: string[];
  /** Over this process's own. */
  env?: Record<string, string>;
  /** Called with the id of the first process, before it has done anything. */
  onSpawn?(pid: number): void;
  /** Called with each line that it says on stderr, as it comes. */
  onLine?(line: string): void;
}

/** Starts the stack under this very Node; `args` are those of `npm start`. @throws Error with what the stack said on stderr */
export function startStack(args: string[] = [], env: Record<string, string> = {}): Promise<RunningStack> {
  return RunningStack.launch({ command: process.execPath, args: [...start, ...strict, ...args], env });
}

/** Runs `npm start` in another checkout, not strictly: as in a fork. @throws Error with what the stack said on stderr */
export function startCheckout(folder: string, args: string[] = []): Promise<RunningStack> {
  const npm = ["--silent", "--prefix", folder, "start", "--", "--json", "--port", "0", ...args];
  return RunningStack.launch({ command: "npm", args: npm });
}

/** The template's stack in child processes, up and answering. */
export class RunningStack {
  /** Milliseconds from the start of the first process to the line that says that everything is up. */
  readonly readyAfter: number;

  private constructor(
    private readonly child: StackChild,
    readonly description: StackDescription,
  ) {
    this.readyAfter = performance.now() - child.startedAt;
  }

  /** Any command that prints the stack's description. @throws Error with what it said on stderr; nothing is left running */
  static async launch(launch: Launch): Promise<RunningStack> {
    const child = new StackChild(launch);
    try {
      return new RunningStack(child, await child.description());
    } catch (error) {
      await child.kill();
      throw error;
    }
  }

  /** Everything that the stack has said so far. */
  stderr(): string {
    return this.child.stderr;
  }

  /** The end of it, for the message of a failure. */
  lastLines(): string {
    return this.child.lastLines();
  }

  /** SIGTERM, as a service manager does. Resolves when all processes are gone; a second call changes nothing. @throws Error when some stay (they are killed) */
  async stop(): Promise<{ milliseconds: number }> {
    const begin = performance.now();
    this.child.signal("SIGTERM");
    while (this.alive().length > 0) {
      if (performance.now() - begin > stopLimit) {
        const names = this.alive().map(({ name }) => name);
        await this.kill();
        throw new Error(`${names.join(", ")} still ran ${stopLimit / 1000} s after SIGTERM.${this.child.lastLines()}`);
      }
      await sleep(5);
    }
    return { milliseconds: performance.now() - begin };
  }

  /** SIGKILL to all of it: for failures, and for tests of what is left behind then. */
  async kill(): Promise<void> {
    await this.child.kill();
    for (const { pid } of this.alive()) tolerantly(() => process.kill(pid, "SIGKILL"));
  }

  private alive() {
    const first = { name: "the first process", pid: this.child.pid };
    return [first, ...this.description.local.processes].filter(({ pid }) => isRunning(pid));
  }
}

/** The first process of a stack, and what it says. */
class StackChild {
  readonly startedAt = performance.now();
  stderr = "";
  private readonly child: ChildProcess;
  private readonly ended: Promise<string>;
  private readonly endWithUs = () => this.signal("SIGTERM", "group");

  constructor({ command, args, env, onSpawn, onLine }: Launch) {
    this.child = spawn(command, args, {
      cwd: root,
      // The stack ends with its parent only when npm started it; a test that is killed must not leave one behind.
      env: { ...process.env, npm_lifecycle_event: "start", ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // a group of its own, so that a kill reaches what npm puts in between
    });
    this.ended = new Promise((resolve) => {
      this.child.once("error", (error) => resolve(`could not be started: ${error.message}`));
      this.child.once("exit", (code, signal) =>
        resolve(signal ? `was killed by ${signal}` : `ended with code ${code}`),
      );
    });
    process.once("exit", this.endWithUs);
    this.ended.then(() => process.off("exit", this.endWithUs));
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    if (onLine && this.child.stderr) createInterface({ input: this.child.stderr }).on("line", onLine);
    if (this.child.pid) onSpawn?.(this.child.pid);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  async description(): Promise<StackDescription> {
    const limit = new AbortController();
    try {
      return await Promise.race([
        this.firstJsonLine(),
        this.ended.then((how) => this.fail(how)),
        sleep(readyLimit, undefined, limit).then(() => this.fail(`was not ready after ${readyLimit / 1000} s`)),
      ]);
    } finally {
      limit.abort();
    }
  }

  signal(signal: NodeJS.Signals, whom: "first" | "group" = "first"): void {
    if (this.pid) tolerantly(() => process.kill(whom === "group" ? -this.pid : this.pid, signal));
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL", "group");
    await this.ended;
  }

  lastLines(): string {
    return ` The stack's last lines:\n${this.stderr.split("\n").slice(-30).join("\n")}`;
  }

  private firstJsonLine(): Promise<StackDescription> {
    const lines = createInterface({ input: this.child.stdout as NodeJS.ReadableStream });
    return new Promise((resolve) => {
      lines.on("line", (line) => {
        if (line.startsWith("{")) resolve(JSON.parse(line));
      });
    });
  }

  private fail(how: string): never {
    throw new Error(`The stack ${how}.${this.lastLines()}`);
  }
}

/** For what may have gone already. */
function tolerantly<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
