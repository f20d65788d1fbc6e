import type { Properties } from "./resource-type";

/** Fills a template such as `/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}`. @throws naming what is missing. */
export function armId(template: string, values: Properties): string {
  return template.replace(/\{(\w+)\}/g, (_, key: string) => {
    const value = values[key];
    if (typeof value !== "string" || value === "") throw new Error(`the input ${key} is missing`);
    return value;
  });
}

/** The input that holds the resource's own name: the last one of its id. */
export function nameInput(template: string): string {
  const [, key] = /.*\{(\w+)\}/.exec(template) ?? [];
  if (!key) throw new Error(`the id template ${template} has no input`);
  return key;
}
