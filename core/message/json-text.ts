import { isSameName } from "./field-names";
import { InvalidMessageError, wholeMessage } from "./invalid-message";

/**
 * Decodes the text of a queue message or an HTTP body, which may be Base64 of UTF-8 or UTF-16, and removes the byte order mark.
 * @throws InvalidMessageError for Base64 of an object in another encoding
 */
export function jsonTextOf(text: string): string {
  const bytes = decodeBase64(text);
  return ((bytes && decode(bytes)) ?? text).replace(/^\uFEFF/, "");
}

/** Undefined: the bytes are no JSON. Every word of four letters is valid Base64. */
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

/** The byte order mark tells it. Without one, UTF-16 of JSON has a zero byte beside the first character. */
function encodingOf([first, second]: Buffer): "utf-8" | "utf-16le" | "utf-16be" {
  if ((first === 0xff && second === 0xfe) || second === 0) return "utf-16le";
  return (first === 0xfe && second === 0xff) || first === 0 ? "utf-16be" : "utf-8";
}

function beginsAsObject(bytes: Buffer): boolean {
  return /^[\0\s\xfe\xff]*\{/.test(bytes.toString("latin1"));
}

const alphabet = /^[A-Za-z0-9+/]+={0,2}$/;

/** The bytes of a Base64 text (.NET and Java queue clients write Base64 by default), or undefined when it is not Base64. */
export function decodeBase64(text: string): Buffer | undefined {
  const compact = text.replace(/\s+/g, ""); // first: with \s in the alphabet the regular expression would backtrack
  if (!alphabet.test(compact)) return undefined;
  const bytes = Buffer.from(compact, "base64");
  return bytes.toString("base64") === compact ? bytes : undefined;
}

/** Writes JSON that a storage queue can hold. */
export function toJson(value: unknown): string {
  return escapeNoncharacters(JSON.stringify(value));
}

/** Writes U+FFFE and U+FFFF as JSON's escapes: a storage queue uses XML 1.0, which does not allow them. */
export function escapeNoncharacters(json: string): string {
  return json.replace(/[\uFFFE\uFFFF]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
}

/** Sets or removes (undefined) fields in the text of a JSON object, in whatever spelling it has them. The rest stays as it is written. */
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

/** The fields of a JSON object as they are written, without the white space between them. @param json valid JSON */
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
