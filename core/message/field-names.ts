import { z } from "zod";
import { fieldPath, InvalidMessageError } from "./invalid-message";

/**
 * Gives the fields of a value the names that the schema has for them. They may come in upper or lower case, as Json.NET
 * allows, and with underscores between words, as Python's SDK writes them. Fields that are null are left out; unknown fields stay.
 * @throws InvalidMessageError when an object has a field twice
 */
export function withKnownNames(schema: z.core.$ZodType, value: unknown, path: PropertyKey[] = []): unknown {
  const known = unwrapped(schema);
  if (known instanceof z.ZodArray && Array.isArray(value)) {
    return value.map((item, index) => withKnownNames(known.element, item, [...path, index]));
  }
  if (!(known instanceof z.ZodObject) || typeof value !== "object" || !value || Array.isArray(value)) return value;
  const names = new Map(Object.keys(known.shape).map((name) => [comparable(name), name]));
  const spellings = new Map<string, string>();
  const fields = Object.entries(value).map(([spelling, field]): [string, unknown] => {
    const name = names.get(comparable(spelling));
    if (name === undefined) return [spelling, field];
    const other = spellings.get(name);
    if (other !== undefined) throw duplicateError([...path, name], other, spelling);
    spellings.set(name, spelling);
    return [name, withKnownNames(known.shape[name], field, [...path, name])];
  });
  return Object.fromEntries(fields.filter(([, field]) => field !== null));
}

/** Whether two spellings mean the same field: `ChannelId` and `channel_id` do. */
export function isSameName(one: string, other: string): boolean {
  return comparable(one) === comparable(other);
}

/** An underscore at either end is part of the name: `_id` is another field. */
function comparable(name: string): string {
  return name.replace(/(?<=[^_])_(?=[^_])/g, "").toLowerCase();
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? unwrapped(schema.unwrap()) : schema;
}

function duplicateError(path: PropertyKey[], one: string, other: string): InvalidMessageError {
  return new InvalidMessageError(fieldPath(path), `is there twice, as "${one}" and "${other}": send it once`);
}
