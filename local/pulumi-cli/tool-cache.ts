import { homedir } from "node:os";
import path from "node:path";

/**
 * The place of built tools, outside the checkout: clones share them, and so do forks of another name.
 * specifications.freedesktop.org/basedir-spec
 */
export function toolCache(folder: string): string {
  const caches = process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache");
  return path.join(caches, "proactive-bot", folder);
}
