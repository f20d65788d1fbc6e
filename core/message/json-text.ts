import { isSameName } from "./field-names";
import { InvalidMessageError, wholeMessage } from "./invalid-message";

/**
 * The JSON text of a queue message or an HTTP body, which may be Base64 of UTF-8 or UTF-16; without a byte order mark.
 * @throws InvalidMessageError for Base64 of an object in another encoding
 */
export function jsonTextOf(text: string): string {
  const bytes = decodeBase64(text);
  return ((bytes && decode(bytes)) ?? text).replace(/^\uFEFF/, "");
}

/** Undefined: any word of four letters is Base64 of something. */
function decode(bytes: Buffer): string | undefined {
  const encoding = encodingOf(bytes);
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    if (!beginsAsObject(bytes)) return undefined;
    const name = encoding === "utf-8" ? "UTF-8" : "UTF-16";
    throw new InvalidMessageError(wholeMessage, `is Base64 of bytes that are not ${name}: send JSON in UTF-8`);
  }
}

/** By its byte order mark; without one a text that begins as JSON does has a zero beside its first character in UTF-16. */
function encodingOf([first, second]: Buffer): "utf-8" | "utf-16le" | "utf-16be" {
  if ((first === 0xff && second === 0xfe) || second === 0) return "utf-16le";
  return (first === 0xfe && second === 0xff) || first === 0 ? "utf-16be" : "utf-8";
}

function beginsAsObject(bytes: Buffer): boolean {
  return /^[\0\s\xfe\xff]*\{/.test(bytes.toString("latin1"));
}

const alphabet = /^[A-Za-z0-9+/]+={0,2}$/;

/** The bytes behind Base64 (.NET and Java queue clients encode by default), or undefined when `text` is not Base64. */
export function decodeBase64(text: string): Buffer | undefined {
  const compact = text.replace(/\s+/g, ""); // first: an alphabet with \s in it would look for its end again and again
  if (!alphabet.test(compact)) return undefined;
  const bytes = Buffer.from(compact, "base64");
  return bytes.toString("base64") === compact ? bytes : undefined;
}

/** JSON that survives a storage queue: it travels inside XML 1.0, which cannot carry U+FFFE and U+FFFF. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\uFFFE\uFFFF]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
}

/** The text of a JSON object with some of its fields set anew, in whatever spelling they were there; undefined takes one away. */
export function withFields(json: string, changes: Record<string, unknown>): string {
  const kept = membersOf(json).filter(({ name }) => !Object.keys(changes).some((changed) => isSameName(changed, name)));
  const added = Object.entries(changes).filter(([, value]) => value !== undefined);
  const members = [
    ...kept.map(({ text }) => text),
    ...added.map(([name, value]) => `"${name}":${JSON.stringify(value)}`),
  ];
  return `{${members.join(",")}}`;
}

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s"{}[\],:]+/g;

/** The fields of a JSON object as they are written, without the white space between them. @param json that has been parsed */
function membersOf(json: string): { name: string; text: string }[] {
  const members: string[][] = [[]];
  let depth = 0;
  for (const [part] of json.matchAll(token)) {
    if (part === "}" || part === "]") depth--;
    if (depth === 1 && part === ",") members.push([]);
    else if (depth > 0) members.at(-1)?.push(part);
    if (part === "{" || part === "[") depth++;
  }
  return members
    .filter(([name]) => name !== undefined)
    .map((parts) => ({ name: JSON.parse(parts[0] ?? ""), text: parts.join("") }));
}
