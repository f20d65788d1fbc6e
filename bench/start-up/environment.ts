import { readFileSync } from "node:fs";

/** The environment of a running process, without node's channel to its parent. Undefined where there is no /proc to look at. */
export function environmentOf(pid: number): Record<string, string> | undefined {
  try {
    const entries = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").filter(Boolean);
    const pairs = entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]);
    return Object.fromEntries(pairs.filter(([name]) => !name?.startsWith("NODE_CHANNEL_")));
  } catch {
    return undefined;
  }
}
