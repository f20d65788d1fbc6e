import { randomUUID } from "node:crypto";

/** A managed identity, or the user who runs the local stack. A principal can hold roles. */
export interface Principal {
  name: string;
  type: "ServicePrincipal" | "User";
  clientId: string;
  /** `principalId` in role assignments. */
  objectId: string;
}

/** @param objectId absent: a new one */
export function makePrincipal(
  name: string,
  type: Principal["type"] = "ServicePrincipal",
  objectId: string = randomUUID(),
): Principal {
  return { name, type, clientId: randomUUID(), objectId };
}
