import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isAlive } from "./is-alive";

const prefix = "proactive-bot-";

/** The folder of one running stack: certificates and what was deployed. Its name carries the process id of its owner. */
export function makeHome(): string {
  sweep();
  return mkdtempSync(path.join(tmpdir(), `${prefix}${process.pid}-`));
}

export function removeHome(home: string): void {
  rmSync(home, { recursive: true, force: true, maxRetries: 3 });
}

/** The folders of stacks, alive or not. */
export function homes(): { folder: string; pid: number }[] {
  const names = readdirSync(tmpdir()).filter((name) => /^proactive-bot-\d+-/.test(name));
  return names.map((name) => ({ folder: path.join(tmpdir(), name), pid: Number(name.split("-")[2]) }));
}

/** Removes what stacks left behind that were killed before they could. */
function sweep(): void {
  for (const { folder, pid } of homes()) if (!isAlive(pid)) removeHome(folder);
}
