import { makePrincipal } from "../../identity/principal";
import { suffixed } from "../names";
import { resourceType } from "../resource-type";
import { inGroup } from "./resource-group";

/** A principal of its own; only an app that it is assigned to gets its tokens. Deleting it leaves its roles, as in Azure. */
export const userAssignedIdentity = resourceType({
  id: `${inGroup}/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}`,
  name: /^[A-Za-z0-9][-\w]{2,127}$/,
  autoname: suffixed,
  inputs: ["resourceGroupName", "resourceName", "location", "tags"],
  replaces: ["location"],
  create({ cloud, id, name }) {
    const principal = cloud.entra.enrol(makePrincipal(name));
    cloud.identities.set(id, principal);
    return { principalId: principal.objectId, clientId: principal.clientId, tenantId: cloud.entra.tenantId };
  },
  delete({ cloud, id }) {
    const principal = cloud.identity(id);
    cloud.identityEndpoint.withdraw(principal);
    cloud.entra.forget(principal);
    cloud.identities.delete(id);
  },
});
