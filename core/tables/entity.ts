import { createHash } from "node:crypto";

/** UTF-16 units in one property, which can hold 64 KiB: 32,768 units. */
const chunkLength = 32_000;

/** Splits a JSON text into an entity's properties `d0`, `d1`, … */
export function toChunks(json: string): Record<string, string> {
  return Object.fromEntries(chunksOf(json).map((chunk, index) => [`d${index}`, chunk]));
}

/** Parses the JSON text in an entity's properties `d0`, `d1`, … */
export function fromChunks(entity: Record<string, unknown>): object {
  let json = "";
  for (let i = 0; typeof entity[`d${i}`] === "string"; i++) json += entity[`d${i}`];
  return JSON.parse(json);
}

/** Never cuts a surrogate pair: half a pair is not valid text, and services change it. */
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

/** Hashes any text to a key: the keys of an entity must not contain `/ \ # ?` and control characters. */
export function entityKey(text: string): string {
  const bytes = Buffer.from(text, "utf16le"); // UTF-8 cannot encode half a surrogate pair: different texts would get one key
  return createHash("sha256").update(bytes).digest("hex");
}

/** The beginning of the text for people to read, stored beside the key, without characters that a property cannot hold. */
export function readableKey(text: string): string {
  return Buffer.from(text.slice(0, 500).replace(/[\p{Cc}\p{Cn}]/gu, " ")).toString();
}
