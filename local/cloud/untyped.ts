import { guid, suffixed } from "./names";
import type { Properties, ResourceType } from "./resource-type";
import { inGroup } from "./types/resource-group";

/**
 * A type that the local cloud knows nothing of: its resources keep their inputs, and have ids of the form that Azure's ids have.
 * @param token such as `azure-native:redis:Redis` @param inputs of one resource
 */
export function untyped(token: string, inputs: Properties): ResourceType {
  const keys = Object.keys(inputs);
  const [provider, module = "", type = ""] = token.split(":");
  if (provider !== "azure-native") return { id: "{id}", autoname: guid, inputs: keys };
  const name = nameOf(type, keys);
  const place = keys.includes("resourceGroupName") ? inGroup : "/subscriptions/{subscriptionId}/providers";
  const location = keys.includes("resourceGroupName") ? ["location"] : [];
  return {
    id: `${place}/Microsoft.${capitalized(module)}/${plural(type)}/{${name}}`,
    autoname: suffixed,
    inputs: [...new Set([...keys, name, ...location])],
    replaces: location,
  };
}

/** The input that names the resource, which azure-native calls `name`, `resourceName`, or `containerName` of a `BlobContainer`. */
function nameOf(type: string, keys: string[]): string {
  const ofType = keys.find((key) => key.endsWith("Name") && type.endsWith(capitalized(key.slice(0, -"Name".length))));
  return ["name", ofType, "resourceName"].find((key) => key !== undefined && keys.includes(key)) ?? "name";
}

/** `Redis` is `redis`, `BlobContainer` is `blobContainers`. */
function plural(name: string): string {
  const word = name.charAt(0).toLowerCase() + name.slice(1);
  return word.endsWith("s") ? word : `${word}s`;
}

function capitalized(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
