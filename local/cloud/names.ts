import { randomBytes, randomUUID } from "node:crypto";

/** azure-native's names at the top level: the logical name and eight hexadecimal digits. */
export function suffixed(logicalName: string): string {
  return logicalName + randomBytes(4).toString("hex");
}

/** A role assignment's name. */
export function guid(): string {
  return randomUUID();
}

/** A child's name. */
export function same(logicalName: string): string {
  return logicalName;
}
