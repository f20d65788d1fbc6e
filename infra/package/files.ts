import { createHash } from "node:crypto";
import { zipSync } from "fflate";

/** What goes into a zip, by name; `/` between folders. */
export type Files = Record<string, Uint8Array>;

/** Lower-case hex SHA-256 over names and bytes, in the order of the names. */
export function versionOf(files: Files): string {
  const hash = createHash("sha256");
  for (const [name, bytes] of sorted(files)) hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  return hash.digest("hex");
}

/** The same files give the same bytes on every machine: fixed order, date, mode and deflate (fflate's own, no zlib of Node's). */
export function zip(files: Files): Uint8Array {
  // Zip dates are local times, so this one must be too; else the time zone shows.
  const mtime = new Date(1980, 0, 1);
  const unix = 3;
  const readableFile = (0o100644 << 16) >>> 0;
  const entries = sorted(files).map(([name, bytes]) => [
    name,
    [bytes, { mtime, os: unix, attrs: readableFile, level: 9 }],
  ]);
  return zipSync(Object.fromEntries(entries));
}

function sorted(files: Files): [string, Uint8Array][] {
  return Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
}
