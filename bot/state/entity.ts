import { entityKey, readableKey, toJson } from "../../message";

/**
 * The largest item, in UTF-16 units of its JSON. An entity holds 1 MiB, two bytes a unit, names and keys included.
 * Source: learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 */
export const maxItemLength = 500_000;

/** UTF-16 units in one property, which holds 64 KiB: 32,768 units. */
const chunkLength = 32_000;

/** An item is larger than an entity can be. */
export class ItemTooLarge extends Error {
  override readonly name = "ItemTooLarge";

  constructor(key: string, item: object) {
    super(`The state "${key}" is too large for a table's entity (1 MiB): ${toJson(item).length} characters of JSON.`);
  }
}

/** What a table entity's two keys are. */
export interface Address {
  partitionKey: string;
  rowKey: string;
}

/** Where an item is kept. */
export function addressOf(key: string): Address {
  return { partitionKey: entityKey(key), rowKey: "item" };
}

/** The entity that holds an item: its JSON in the properties `d0`, `d1`, …; `key` is for people. @throws ItemTooLarge */
export function toEntity(key: string, item: object): Address & Record<string, string> {
  const json = toJson(item);
  if (json.length > maxItemLength) throw new ItemTooLarge(key, item);
  const chunks = chunksOf(json).map((chunk, index) => [`d${index}`, chunk]);
  return { ...addressOf(key), key: readableKey(key), ...Object.fromEntries(chunks) };
}

/** The item that an entity holds. */
export function fromEntity(entity: Record<string, unknown>): object {
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
