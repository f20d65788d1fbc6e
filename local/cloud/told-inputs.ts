import type { Properties, ResourceType } from "./resource-type";

/** A resource's inputs for who reads it: what Azure never tells is among them only where the reader has a value already. */
export function toldInputs({ writeOnly = [] }: ResourceType, inputs: Properties, known: Properties): Properties {
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
