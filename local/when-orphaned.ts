import { readFileSync } from "node:fs";

const milliseconds = 200;

/** npm passes a signal to the shell between it and us, and the shell keeps it to itself: then only its or npm's end tells. */
export function whenOrphaned(end: () => void): void {
  if (!process.env.npm_lifecycle_event) return; // without npm, the process may outlive its parent
  const shell = process.ppid;
  const npm = parentOf(shell);
  const timer = setInterval(() => {
    if (process.ppid === shell && parentOf(shell) === npm) return;
    clearInterval(timer);
    end();
  }, milliseconds);
  timer.unref();
}

/** The fourth field of Linux's /proc/<pid>/stat, after a name in brackets; undefined where the system has no such file. */
function parentOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[1];
  } catch {
    return undefined;
  }
}
