import { z } from "zod";
import { fieldPath, InvalidMessageError } from "./invalid-message";

/**
 * A value with the fields that a schema knows under their own names. They are read in any case, as Json.NET does, and with
 * underscores between their words, as Python's SDK writes them; null is as good as absent. Unknown fields stay as they came.
 * @throws InvalidMessageError when one object has a field twice
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
    if (other !== undefined) throw twice([...path, name], other, spelling);
    spellings.set(name, spelling);
    return [name, withKnownNames(known.shape[name], field, [...path, name])];
  });
  return Object.fromEntries(fields.filter(([, field]) => field !== null));
}

/** Whether two spellings stand for one name: `ChannelId` and `channel_id` do. */
export function isSameName(one: string, other: string): boolean {
  return comparable(one) === comparable(other);
}

/** An underscore at either end is part of a name: `_id` is another field. */
function comparable(name: string): string {
  return name.replace(/(?<=[^_])_(?=[^_])/g, "").toLowerCase();
}

function unwrapped(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable ? unwrapped(schema.unwrap()) : schema;
}

function twice(path: PropertyKey[], one: string, other: string): InvalidMessageError {
  return new InvalidMessageError(fieldPath(path), `is there twice, as "${one}" and "${other}": send it once`);
}
