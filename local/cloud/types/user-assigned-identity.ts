import { makePrincipal } from "../../identity/principal";
import { suffixed } from "../names";
import { resourceType } from "../resource-type";
import { inGroup } from "./resource-group";

/** A principal of its own; only an app that it is assigned to gets its tokens. */
export const userAssignedIdentity = resourceType({
  id: `${inGroup}/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}`,
  autoname: suffixed,
  inputs: ["resourceGroupName", "resourceName", "location", "tags"],
  create({ cloud, id, name }) {
    const principal = cloud.entra.enrol(makePrincipal(name));
    cloud.identities.set(id, principal);
    return { principalId: principal.objectId, clientId: principal.clientId, tenantId: cloud.entra.tenantId };
  },
});
