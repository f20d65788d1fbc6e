import { createHash } from "node:crypto";

/** Any text is a key of ours, but not of an entity: `/ \ # ?` and control characters are forbidden there. */
export function entityKey(text: string): string {
  const bytes = Buffer.from(text, "utf16le"); // UTF-8 has no half of a surrogate pair, so texts with one would all be the same
  return createHash("sha256").update(bytes).digest("hex");
}

/** The text beside its key, for people: its beginning, without what no property holds. */
export function readableKey(text: string): string {
  return Buffer.from(text.slice(0, 500).replace(/[\p{Cc}\p{Cn}]/gu, " ")).toString();
}
