import type { Properties } from "../cloud/resource-type";

/** How Pulumi marks a secret on the wire: sdk/nodejs/runtime/rpc.ts. */
const signature = "4dabf18193072939515e22adb298388d";
const secret = "1b47061264138c4ac30d75fd1eb44270";

/** Inputs as a provider sees them: secrets in clear, at every depth. */
export function unsecret(inputs: Properties): Properties {
  return open(inputs) as Properties;
}

function open(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(open);
  if (typeof value !== "object" || value === null) return value;
  const object = value as Properties;
  if (object[signature] === secret) return open(object.value);
  return Object.fromEntries(Object.entries(object).map(([key, member]) => [key, open(member)]));
}
