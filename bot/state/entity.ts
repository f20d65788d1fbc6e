import { toJson } from "../../core/message/json-text";
import { entityKey, readableKey, toChunks } from "../../core/tables/entity";

/**
 * The largest item, in UTF-16 units of its JSON. An entity holds 1 MiB, two bytes a unit, names and keys included.
 * Source: learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
 */
export const maxItemLength = 500_000;

/** An item is larger than an entity can be. */
export class ItemTooLargeError extends Error {
  override readonly name = "ItemTooLargeError";

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

/** The entity that holds an item: its JSON in the properties `d0`, `d1`, …; `key` is for people. @throws ItemTooLargeError */
export function toEntity(key: string, item: object): Address & Record<string, string> {
  const json = toJson(item);
  if (json.length > maxItemLength) throw new ItemTooLargeError(key, item);
  return { ...addressOf(key), key: readableKey(key), ...toChunks(json) };
}
