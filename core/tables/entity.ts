import { createHash } from "node:crypto";

/** UTF-16 units in one property, which holds 64 KiB: 32,768 units. */
const chunkLength = 32_000;

/** A JSON text as an entity's properties: `d0`, `d1`, … */
export function toChunks(json: string): Record<string, string> {
  return Object.fromEntries(chunksOf(json).map((chunk, index) => [`d${index}`, chunk]));
}

/** What the JSON in an entity's properties says. */
export function fromChunks(entity: Record<string, unknown>): object {
  let json = "";
  for (let i = 0; typeof entity[`d${i}`] === "string"; i++) json += entity[`d${i}`];
  return JSON.parse(json);
}

/** Never ends between the halves of a surrogate pair: half a pair is no valid text, and what becomes of it is anyone's guess. */
function chunksOf(text: string): string[] {
  const chunks: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = start + chunkLength;
    const isPair = end < text.length && (text.codePointAt(end - 1) ?? 0) > 0xffff;
    chunks.push(text.slice(start, isPair ? end - 1 : end));
    start = isPair ? end - 1 : end;
  }
  return chunks;
}

/** Any text is a key of ours, but not of an entity: `/ \ # ?` and control characters are forbidden there. */
export function entityKey(text: string): string {
  const bytes = Buffer.from(text, "utf16le"); // UTF-8 has no half of a surrogate pair, so texts with one would all be the same
  return createHash("sha256").update(bytes).digest("hex");
}

/** The text beside its key, for people: its beginning, without what no property holds. */
export function readableKey(text: string): string {
  return Buffer.from(text.slice(0, 500).replace(/[\p{Cc}\p{Cn}]/gu, " ")).toString();
}
