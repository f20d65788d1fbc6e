import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import type { StackDescription } from "../../local/stack-description";

const root = path.resolve(__dirname, "../..");

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Circumstances {
  /** The checkout that the stack was started in. Absent: this one. */
  folder?: string;
  input?: string;
  env?: NodeJS.ProcessEnv;
  /** Called with all of stderr so far. */
  onStderr?(said: string, child: ChildProcess): void;
}

/** `npm run cli -- ARGS` without npm, on a local stack; its port tells it from others on this machine. */
export function runCli(
  { local }: StackDescription,
  args: string[],
  { folder = root, input = "", env = {}, onStderr = () => {} }: Circumstances = {},
): Promise<Ended> {
  const { port } = new URL(local.page);
  const script = ["scripts/run.cjs", "cli/index.ts", "--port", port, ...args];
  const child = spawn(process.execPath, script, { cwd: folder, env: { ...process.env, ...env } });
  const said = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      said[stream] += text;
      if (stream === "stderr") onStderr(said.stderr, child);
    });
  }
  child.stdin.end(input);
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code) => resolve({ code, ...said }));
  });
}
