import { isSameName } from "./field-names";
import { jsonTextOf } from "./json-text";
import { type QueueMessage, toJson } from "./queue-message";

/** What a storage queue takes, in bytes. Source: learn.microsoft.com/azure/storage/queues/scalability-targets. */
const maxQueueBytes = 64 * 1024;

/** A message that came, and goes on. */
export interface ReceivedMessage {
  /** Its own, or the one under which it came. */
  id: string;
  /** As it came: JSON text, plain or as Base64. */
  json: string;
  /** What it says. */
  message: QueueMessage;
}

/** The apps' own fields of a copy; undefined takes one away. */
export type CopyFields = Partial<Pick<QueueMessage, "attempt" | "deferredSince" | "notBefore">>;

/**
 * The JSON text of a copy. Every field but the given ones stays character by character: JavaScript would round large
 * numbers, and forget what is there twice.
 */
export function copyOf({ id, json, message }: ReceivedMessage, fields: CopyFields): string {
  const changes = { ...fields, id };
  const copy = withFields(jsonTextOf(json), changes);
  return Buffer.byteLength(copy) <= maxQueueBytes ? copy : toJson({ ...message, ...changes }); // with fewer escapes
}

/** The text of a JSON object with some of its fields set anew, in whatever spelling they were there; undefined takes one away. */
function withFields(json: string, changes: Record<string, unknown>): string {
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
