import { randomUUID } from "node:crypto";

/** Somebody who can hold a role: a managed identity, or the person who runs this. */
export interface Principal {
  name: string;
  type: "ServicePrincipal" | "User";
  clientId: string;
  /** What role assignments call `principalId`. */
  objectId: string;
}

/** @param objectId a new one if absent */
export function makePrincipal(
  name: string,
  type: Principal["type"] = "ServicePrincipal",
  objectId: string = randomUUID(),
): Principal {
  return { name, type, clientId: randomUUID(), objectId };
}
