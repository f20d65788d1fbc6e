import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { trust } from "../../local/trust";
import { isRunning } from "./is-running";
import { strict } from "./strict";

const root = path.resolve(__dirname, "../..");
const command = ["scripts/run.cjs", "local/cloud.ts", "--json"];

/** Milliseconds; generous, for a machine that does other things too. */
const stopLimit = 60_000;

/** The line that `npm run cloud -- --json` prints. */
export interface CloudDescription {
  /** What Pulumi's environment needs. */
  env: Record<string, string>;
  /** What a stack has to be configured with. */
  config: Record<string, string>;
  /** Azure Resource Manager, for a hand. */
  arm: string;
  identity: { endpoint: string; header: string; operatorClientId: string };
  caFile: string;
}

/** `npm run cloud` in a process of its own. This process trusts it. */
export class RunningCloud {
  private constructor(
    private readonly child: ChildProcess,
    readonly description: CloudDescription,
    private readonly said: { text: string },
  ) {}

  /** Resolves when it serves. @throws Error with what it said */
  static async start(...args: string[]): Promise<RunningCloud> {
    const child = spawn(process.execPath, [...command, ...strict, ...args], {
      cwd: root,
      // The cloud ends with its parent only when npm started it; a test that is killed must not leave one behind.
      env: { ...process.env, npm_lifecycle_event: "cloud" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = { text: "" };
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      said.text += text;
    });
    const lines = createInterface({ input: child.stdout });
    const [line] = await Promise.race([once(lines, "line"), once(child, "exit").then(() => [undefined])]);
    if (!line) throw new Error(`The cloud ended before it served:\n${said.text}`);
    const description: CloudDescription = JSON.parse(line);
    trust(readFileSync(description.caFile, "utf8"));
    return new RunningCloud(child, description, said);
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Everything that it and the apps have said so far. */
  get log(): string {
    return this.said.text;
  }

  /** SIGTERM. @throws Error when it does not end (it is killed) */
  async stop(): Promise<void> {
    if (!isRunning(this.pid)) return;
    const ended = once(this.child, "exit");
    this.child.kill();
    const limit = setTimeout(() => this.child.kill("SIGKILL"), stopLimit);
    const [, signal] = await ended;
    clearTimeout(limit);
    if (signal === "SIGKILL") throw new Error(`The cloud still ran ${stopLimit / 1000} s after SIGTERM.\n${this.log}`);
  }
}
