import type { Properties, ResourceType } from "./resource-type";

/** A resource's inputs for a reader: those that Azure never returns are left out, except where the reader has a value already. */
export function readableInputs({ writeOnly = [] }: ResourceType, inputs: Properties, known: Properties): Properties {
  const keys = writeOnly.map((input) => input.split("."));
  return keys.filter((path) => !has(known, path)).reduce(without, inputs);
}

function has(value: unknown, [key, ...rest]: string[]): boolean {
  if (key === undefined) return value !== undefined;
  return isObject(value) && has(value[key], rest);
}

function without(value: Properties, [key = "", ...rest]: string[]): Properties {
  const { [key]: member, ...others } = value;
  if (!isObject(member) || rest.length === 0) return others;
  return { ...value, [key]: without(member, rest) };
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null;
}
