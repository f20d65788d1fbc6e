import { AccessError } from "../../access/access-error";
import type { LocalCloud } from "../local-cloud";
import { guid } from "../names";
import { resourceType } from "../resource-type";

interface RoleAssignmentInputs {
  principalId: string;
  principalType?: string;
  roleDefinitionId: string;
  scope: string;
}

export const roleAssignment = resourceType<RoleAssignmentInputs>({
  id: "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
  autoname: guid,
  inputs: ["roleAssignmentName", "principalId", "principalType", "roleDefinitionId", "scope", "description"],
  create({ cloud, inputs, id, logicalName }) {
    const { principalId, principalType, roleDefinitionId, scope } = inputs;
    checkPrincipal(cloud, principalId, principalType);
    if (!cloud.exists(scope)) throw new Error(`ResourceNotFound: the scope ${scope} does not exist`);
    cloud.access.assign({ id, logicalName, principalId, roleDefinitionId, scope });
    return {};
  },
});

/** The type is what Azure believes without looking, so a wrong one is refused there too. */
function checkPrincipal({ entra }: LocalCloud, principalId: string, principalType?: string): void {
  const principal = entra.principal(principalId);
  if (!principal) {
    const message = `Principal ${principalId} does not exist in the directory ${entra.tenantId}.`;
    throw new AccessError("PrincipalNotFound", message);
  }
  if (principalType && principalType !== principal.type) {
    const message = `The principal ${principalId} (${principal.name}) is a ${principal.type}, and principalType says ${principalType}.`;
    throw new AccessError("UnmatchedPrincipalType", message);
  }
}
