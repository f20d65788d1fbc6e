import { makePrincipal } from "../identity/principal";
import type { LocalCloud } from "./local-cloud";
import type { Properties } from "./resource-type";

/**
 * The output `identity` of a resource that gets a system-assigned identity in Azure: its principal exists here too and can hold
 * roles. No app gets its tokens. @param earlier the resource's outputs until now
 */
export function ownIdentity(cloud: LocalCloud, inputs: Properties, name: string, earlier: Properties = {}): Properties {
  const identity = inputs.identity as { type?: string } | undefined;
  if (!identity?.type?.includes("SystemAssigned")) return {};
  const { principalId = cloud.entra.enrol(makePrincipal(name)).objectId } = (earlier.identity ?? {}) as Properties;
  return { identity: { ...identity, principalId, tenantId: cloud.entra.tenantId } };
}
