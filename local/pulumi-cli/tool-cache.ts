import { homedir } from "node:os";
import path from "node:path";

/** Where built tools stay, outside the checkout: clones share them. specifications.freedesktop.org/basedir-spec */
export function toolCache(folder: string): string {
  const caches = process.env.XDG_CACHE_HOME || path.join(homedir(), ".cache");
  return path.join(caches, "proactive-bot", folder);
}
