import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isAlive } from "../cli/stack/connection";

/** The beginning of the names of local stacks' folders, whatever the project's name. */
export const homePrefix = "local-stack-";

/** Makes a folder for one running stack: certificates and deployed code. Its name has the process id of its owner. */
export function makeHome(): string {
  try {
    removeAbandoned();
    return mkdtempSync(path.join(tmpdir(), `${homePrefix}${process.pid}-`));
  } catch (error) {
    throw new Error(
      `No folder can be made in ${tmpdir()}: ${(error as Error).message}. TMPDIR can name another place.`,
    );
  }
}

export function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}

/** Removes the folders of stacks that were killed before they could do it; another user's are not touched. */
function removeAbandoned(): void {
  const name = new RegExp(`^${homePrefix}(\\d+)-`);
  for (const entry of readdirSync(tmpdir())) {
    const [, pid] = name.exec(entry) ?? [];
    const folder = path.join(tmpdir(), entry);
    if (pid && !isAlive(Number(pid)) && isOurs(folder)) removeHome(folder);
  }
}

function isOurs(folder: string): boolean {
  const status = statSync(folder, { throwIfNoEntry: false }); // another start may have removed it
  return status !== undefined && (!process.getuid || status.uid === process.getuid());
}
