import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../local/listen";

export interface Command {
  /** Arguments of node. */
  args: string[];
  cwd: string;
  /** The app's environment, without its port. */
  env: Record<string, string>;
}

/** Milliseconds. */
const pollInterval = 5;
const limit = 60_000;

/** Milliseconds from the start of an app until it answers on `/healthz`. Kills the app then. @throws Error with the app's output when it does not answer */
export async function timeStart({ args, cwd, env }: Command): Promise<number> {
  const port = await freePort();
  const begin = performance.now();
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...env, PORT: String(port) },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = collect(child);
  const ended = once(child, "exit");
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill);
  try {
    while (!(await answers(`http://127.0.0.1:${port}/healthz`))) {
      const isOver = child.exitCode !== null || performance.now() - begin > limit;
      if (isOver) throw new Error(`An app that was started alone did not answer on /healthz. Its output:\n${output()}`);
      await sleep(pollInterval);
    }
    return performance.now() - begin;
  } finally {
    kill();
    await ended;
    process.off("exit", kill);
  }
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (answer) => resolve(answer.resume().statusCode === 200)).on("error", () =>
      resolve(false),
    );
  });
}

function collect({ stdout, stderr }: ChildProcess): () => string {
  let text = "";
  for (const stream of [stdout, stderr]) {
    stream?.setEncoding("utf8").on("data", (more: string) => {
      text += more;
    });
  }
  return () => text;
}
