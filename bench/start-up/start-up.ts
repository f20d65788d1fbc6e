import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import type { AppName } from "../../local/cloud/local-cloud";
import { bundleFunctionsHost } from "../../local/functions-host-bundle";
import type { StackDescription } from "../../local/stack-description";
import { median } from "../percentiles";
import type { StartUp } from "../results";
import { unpack, unpackUnbundled } from "./app-folder";
import { timeStart } from "./time-start";

/** Counted starts of each kind. An uncounted one before them fills the system's file cache. */
const starts = 5;

/**
 * Measures the start of an app, bundled in one file (as deployed) and with its packages in node_modules. Both use the
 * environment of the running app. Null on systems where this environment cannot be read.
 * @param home an empty folder to unpack into
 */
export async function timeStartUp(app: AppName, zip: Uint8Array, stack: StackDescription, home: string) {
  const env = environmentOf(stack.local.processes.find(({ name }) => name === app)?.pid ?? 0);
  if (!env) return null;
  const folders = [path.join(home, "bundled"), path.join(home, "unbundled")] as const;
  await mkdir(home, { recursive: true });
  const command = await startCommand(app, home);
  const [bundled, unbundled] = await Promise.all([unpack(zip, folders[0]), unpackUnbundled(app, zip, folders[1])]);
  const start = (folder: string) => timeStart({ args: command(folder), cwd: folder, env });
  return compare(
    () => start(bundled),
    () => start(unbundled),
  );
}

/** The environment of a running process, without Node's IPC channel to its parent. Undefined on systems without /proc. */
function environmentOf(pid: number): Record<string, string> | undefined {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean);
    const pairs = entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]);
    return Object.fromEntries(pairs.filter(([name]) => !name?.startsWith("NODE_CHANNEL_")));
  } catch {
    return undefined;
  }
}

async function compare(bundled: () => Promise<number>, unbundled: () => Promise<number>): Promise<StartUp> {
  const times: { bundled: number; unbundled: number }[] = [];
  for (let n = 0; n <= starts; n++) times.push({ bundled: await bundled(), unbundled: await unbundled() });
  const counted = times.slice(1);
  const medians = {
    bundled: median(counted.map((time) => time.bundled)),
    unbundled: median(counted.map((time) => time.unbundled)),
  };
  return { ...medians, ratio: medians.unbundled / medians.bundled, starts };
}

/** Arguments of node. The function runs in the local Functions host, which is bundled in both cases. */
async function startCommand(app: AppName, home: string): Promise<(folder: string) => string[]> {
  if (app === "bot") return () => ["index.js"];
  const host = bundleFunctionsHost(home);
  await host.bundled;
  return host.start;
}
