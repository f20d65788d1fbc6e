import { idInputs, nameInput } from "./arm-id";
import { notSupported } from "./declared-only";
import type { LocalCloud } from "./local-cloud";
import type { CheckFailure, Properties, ResourceType } from "./resource-type";
import { known, unknown } from "./unknown";

/** The faults of the inputs, by property. A value that is not known yet is no fault. */
export function checkInputs(token: string, type: ResourceType, inputs: Properties, cloud: LocalCloud): CheckFailure[] {
  return [
    ...foreign(token, type, inputs),
    ...missing(type, inputs),
    ...misnamed(type, inputs),
    ...(type.check?.(known(inputs), cloud) ?? []),
  ];
}

function foreign(token: string, type: ResourceType, inputs: Properties): CheckFailure[] {
  const strangers = Object.keys(inputs).filter((input) => !type.inputs.includes(input));
  return strangers.map((input) => notSupported(input, `the input ${input} of ${token}`));
}

function missing(type: ResourceType, inputs: Properties): CheckFailure[] {
  const ofId = idInputs(type.id).filter((input) => type.inputs.includes(input));
  const wanted = [...ofId, ...(type.required ?? [])];
  return wanted
    .filter((property) => isMissing(inputs, property.split(".")))
    .map((property) => ({ property, reason: `missing required property '${property}'` }));
}

function isMissing(value: unknown, [key, ...rest]: string[]): boolean {
  if (value === unknown) return false;
  if (value === undefined || value === null || value === "") return true;
  return key !== undefined && isMissing((value as Properties)[key], rest);
}

function misnamed(type: ResourceType, inputs: Properties): CheckFailure[] {
  const property = nameInput(type.id) ?? "";
  const name = inputs[property];
  if (!type.name || typeof name !== "string" || name === unknown || type.name.test(name)) return [];
  return [{ property, reason: `InvalidResourceName: "${name}" must match ${type.name}` }];
}
