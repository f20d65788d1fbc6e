import type { Properties } from "./resource-type";

/** In a preview it stands for a value that only `pulumi up` can know: sdk/go/common/resource/plugin/rpc.go. */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The inputs without what is not known yet, at every depth. */
export function known(inputs: Properties): Properties {
  return prune(inputs) as Properties;
}

function prune(value: unknown): unknown {
  if (Array.isArray(value)) return value.filter((item) => item !== unknown).map(prune);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== unknown);
  return Object.fromEntries(members.map(([key, member]) => [key, prune(member)]));
}
