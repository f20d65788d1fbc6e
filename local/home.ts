import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { homePrefix, homes } from "../cli/stack/homes";
import { isAlive } from "../cli/stack/is-alive";

/** The folder of one running stack: certificates and what was deployed. Its name carries the process id of its owner. */
export function makeHome(): string {
  try {
    sweep();
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

/** Removes what stacks left behind that were killed before they could; another user's is that user's to remove. */
function sweep(): void {
  for (const { folder, pid } of homes()) if (!isAlive(pid)) removeHome(folder);
}
