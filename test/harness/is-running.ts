import { readFileSync } from "node:fs";
import { isAlive } from "../../cli/stack/connection";

/** Whether a process does anything any more. */
export function isRunning(pid: number): boolean {
  return isAlive(pid) && !isZombie(pid);
}

/** Where nobody collects orphans (a container's first process may not), an ended process keeps its id. */
function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false; // there is no such file but on Linux, or it has ended since
  }
}
