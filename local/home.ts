import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isAlive } from "./is-alive";

const prefix = "proactive-bot-";

/** The folder of one running stack: certificates and what was deployed. Its name carries the process id of its owner. */
export function makeHome(): string {
  try {
    sweep();
    return mkdtempSync(path.join(tmpdir(), `${prefix}${process.pid}-`));
  } catch (error) {
    throw new Error(
      `No folder can be made in ${tmpdir()}: ${(error as Error).message}. TMPDIR can name another place.`,
    );
  }
}

export function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}

/** The folders of stacks, alive or not. */
export function homes(): { folder: string; pid: number }[] {
  const names = readdirSync(tmpdir()).filter((name) => /^proactive-bot-\d+-/.test(name));
  return names.map((name) => ({ folder: path.join(tmpdir(), name), pid: Number(name.split("-")[2]) }));
}

/** Removes what stacks left behind that were killed before they could; another user's is that user's to remove. */
function sweep(): void {
  for (const { folder, pid } of homes()) {
    if (!isAlive(pid) && isOurs(folder)) removeHome(folder);
  }
}

function isOurs(folder: string): boolean {
  return !process.getuid || statSync(folder).uid === process.getuid();
}
