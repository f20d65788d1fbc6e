import { PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import type { Properties } from "../cloud/resource-type";

const { ADD, ADD_REPLACE, DELETE, DELETE_REPLACE, UPDATE, UPDATE_REPLACE } = PropertyDiff.Kind;

/** The change of an input at one of Pulumi's property paths, such as `tags["a b"]` and `sites[0].isEnabled`. */
export function propertyDiff(path: string, replaces: boolean, olds: Properties, news: Properties): PropertyDiff {
  return new PropertyDiff().setInputdiff(true).setKind(kind(replaces, valueAt(olds, path), valueAt(news, path)));
}

function kind(replaces: boolean, old: unknown, next: unknown) {
  if (old === undefined) return replaces ? ADD_REPLACE : ADD;
  if (next === undefined) return replaces ? DELETE_REPLACE : DELETE;
  return replaces ? UPDATE_REPLACE : UPDATE;
}

function valueAt(value: unknown, path: string): unknown {
  return keys(path).reduce((at, key) => (at as Record<string, unknown> | undefined)?.[key], value);
}

/** github.com/pulumi/pulumi, sdk/go/common/resource/property_path.go */
function keys(path: string): string[] {
  const parts = path.matchAll(/\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]|([^.[]+)/g);
  return [...parts].map(([, index, text, name]) => index ?? name ?? JSON.parse(text ?? '""'));
}

/** The input that a property path starts in. */
export function inputOf(path: string): string {
  return keys(path)[0] ?? path;
}
