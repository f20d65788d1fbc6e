import { readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** The names of local stacks' folders begin with this, whatever the project's name. */
export const homePrefix = "local-stack-";

/** The file in its folder that tells how to reach a local stack that is up. */
export const descriptionFile = "stack.json";

/** The folder of one local stack. Its name carries the process id of its owner. */
export interface Home {
  folder: string;
  pid: number;
}

/** The folders of this user's local stacks, alive or not: what another user's says is not to be trusted. */
export function homes(): Home[] {
  const names = readdirSync(tmpdir()).filter((name) => new RegExp(`^${homePrefix}\\d+-`).test(name));
  return names
    .map((name) => ({ folder: path.join(tmpdir(), name), pid: Number(name.split("-")[2]) }))
    .filter(({ folder }) => isOurs(folder));
}

function isOurs(folder: string): boolean {
  const status = statSync(folder, { throwIfNoEntry: false }); // it may have ended since
  return status !== undefined && (!process.getuid || status.uid === process.getuid());
}
