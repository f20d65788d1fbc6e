import { randomUUID } from "node:crypto";

/** Somebody who can hold a role: a managed identity, or the person who runs this. */
export interface Principal {
  name: string;
  clientId: string;
  /** What role assignments call `principalId`. */
  objectId: string;
}

export function makePrincipal(name: string): Principal {
  return { name, clientId: randomUUID(), objectId: randomUUID() };
}
