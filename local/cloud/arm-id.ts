import type { Properties } from "./resource-type";

/** Fills a template such as `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}`. @throws naming what is missing. */
export function armId(template: string, values: Properties): string {
  return template.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = values[key];
    if (typeof value !== "string" || value === "") throw new Error(`the input ${key} is missing`);
    return value;
  });
}

/** The inputs that an id is made of. */
export function idInputs(template: string): string[] {
  return [...template.matchAll(/\{(\w+)\}/g)].map(([, key = ""]) => key);
}

/** The input that holds the resource's own name, if one does: what the id ends with. */
export function nameInput(template: string): string | undefined {
  return /\{(\w+)\}$/.exec(template)?.[1];
}

/** The type as ARM calls it, such as `Microsoft.Web/sites/config`; undefined for what is not Azure's. */
export function armType(template: string): string | undefined {
  if (/\/resourceGroups\/[^/]+$/.test(template)) return "Microsoft.Resources/resourceGroups";
  const [namespace, ...parts] = template.split("/providers/").at(-1)?.split("/") ?? [];
  if (!template.includes("/providers/") || !namespace) return undefined;
  return [namespace, ...parts.filter((_, index) => index % 2 === 0)].join("/");
}

/** The resource group that an id is in, and the top-level resource that it is part of. */
export function holders(id: string): string[] {
  const group = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+(?=\/)/i.exec(id);
  const resource = /^\/subscriptions\/[^/]+\/resourceGroups\/[^/]+\/providers\/[^/]+\/[^/]+\/[^/]+(?=\/)/i.exec(id);
  return [group, resource].flatMap((found) => found?.[0] ?? []);
}
