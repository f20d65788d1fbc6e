import { idInputs, nameInput } from "./arm-id";
import { guid, suffixed } from "./names";
import type { Properties, ResourceType } from "./resource-type";

export interface InputDiff {
  /** Pulumi's property paths, such as `siteConfig.alwaysOn`, `tags["a b"]` and `sites[0].isEnabled`. */
  changed: string[];
  /** Those of them that make another resource. */
  replaces: string[];
  /** Whether the old resource has to go first, because the new one has its name. */
  deleteBeforeReplace: boolean;
}

/** The changes that azure-native makes for other inputs: provider/pkg/provider/diff.go. */
export function diffInputs(type: ResourceType, olds: Properties, news: Properties): InputDiff {
  const replacing = [...idInputs(type.id), ...(type.replaces ?? [])];
  const changed = paths(olds, news);
  const replaces = changed.filter((path) => replacing.some((input) => isWithin(path, input)));
  return { changed, replaces, deleteBeforeReplace: replaces.length > 0 && !hasNewName(type, olds) };
}

function paths(old: unknown, next: unknown, path = ""): string[] {
  if (isSame(old, next, path)) return [];
  if (Array.isArray(old) && Array.isArray(next)) {
    return longest(old, next).flatMap((_, index) => paths(old[index], next[index], `${path}[${index}]`));
  }
  if (!isObject(old) || !isObject(next)) return [path];
  const keys = [...new Set([...Object.keys(old), ...Object.keys(next)])];
  return keys.flatMap((key) => paths(old[key], next[key], member(path, key)));
}

function isSame(old: unknown, next: unknown, path: string): boolean {
  if (path === "location" && typeof old === "string" && typeof next === "string") {
    return normalized(old) === normalized(next);
  }
  return (old ?? undefined) === (next ?? undefined);
}

/** `West Europe` is `westeurope`. */
function normalized(location: string): string {
  return location.replaceAll(" ", "").toLowerCase();
}

function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function longest(one: unknown[], other: unknown[]): unknown[] {
  return one.length > other.length ? one : other;
}

function member(path: string, key: string): string {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path ? `${path}.${key}` : key;
}

function isWithin(path: string, input: string): boolean {
  return path === input || path.startsWith(`${input}.`) || path.startsWith(`${input}[`);
}

/** A name that was generated at random is generated anew, so that both can exist for a while. */
function hasNewName({ id, inputs, autoname }: ResourceType, olds: Properties): boolean {
  const key = nameInput(id) ?? "";
  if (!inputs.includes(key)) return true; // the id is not the program's to give
  if (autoname === guid) return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(String(olds[key]));
  return autoname === suffixed && /[0-9a-f]{8}$/.test(String(olds[key]));
}
