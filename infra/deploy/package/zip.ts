import { createHash } from "node:crypto";
import { zipSync } from "fflate";

/** The files of a zip, by name; `/` between folders. */
export type Files = Record<string, Uint8Array>;

/** Lower-case hex SHA-256 over names and bytes, in the order of the names. */
export function versionOf(files: Files): string {
  const hash = createHash("sha256");
  for (const [name, bytes] of sorted(files)) hash.update(`${name}\0${bytes.length}\0`).update(bytes);
  return hash.digest("hex");
}

/** The same files give the same bytes on every machine: fixed order, date, mode and deflate (fflate's own, no zlib of Node's). */
export function zip(files: Files): Uint8Array {
  const unix = 3;
  const readableFile = (0o100644 << 16) >>> 0;
  const entries = sorted(files).map(([name, bytes]) => [
    name,
    [bytes, { mtime: dateOf(bytes), os: unix, attrs: readableFile, level: 9 }],
  ]);
  return zipSync(Object.fromEntries(entries));
}

/**
 * A date that stands for the content: App Service's copy step (KuduSync) skips a file whose date and size are what they were.
 * Zip dates are local times in steps of two seconds, so this one lies in working hours, when no zone changes its clocks,
 * between 1996 and 2009, when none skipped a day.
 */
function dateOf(bytes: Uint8Array): Date {
  const n = createHash("sha256").update(bytes).digest().readUInt32BE();
  const [days, hours, minutes, seconds] = [n % 5000, (n >>> 8) % 8, (n >>> 16) % 60, 2 * ((n >>> 24) % 30)];
  return new Date(1996, 0, 1 + days, 10 + hours, minutes, seconds);
}

function sorted(files: Files): [string, Uint8Array][] {
  return Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
}
