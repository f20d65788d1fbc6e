import { AccessError } from "../../access/access-error";
import { ArmError } from "../arm-error";
import type { LocalCloud } from "../local-cloud";
import { guid } from "../names";
import { resourceType } from "../resource-type";

interface RoleAssignmentInputs {
  principalId: string;
  principalType?: string;
  roleDefinitionId: string;
  scope: string;
}

/** What Azure lets nobody change: learn.microsoft.com/azure/role-based-access-control/role-assignments-portal */
const fixed = ["principalId", "principalType", "roleDefinitionId"] as const;

export const roleAssignment = resourceType<RoleAssignmentInputs>({
  id: "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
  name: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  autoname: guid,
  inputs: ["roleAssignmentName", "principalId", "principalType", "roleDefinitionId", "scope", "description"],
  required: ["principalId", "roleDefinitionId"],
  replaces: ["principalId"],
  create({ cloud, inputs, id, logicalName }) {
    const { principalId, principalType, roleDefinitionId, scope } = inputs;
    const type = checkPrincipal(cloud, principalId, principalType);
    if (!cloud.exists(scope)) throw new ArmError("ResourceNotFound", `the scope ${scope} does not exist`);
    cloud.access.assign({ id, logicalName, principalId, roleDefinitionId, scope });
    return { scope, principalType: type };
  },
  update({ inputs, olds }) {
    const other = fixed.find((input) => inputs[input] !== olds[input]);
    if (other) throw new AccessError("RoleAssignmentUpdateNotPermitted", `the ${other} is not allowed to be updated.`);
    return {};
  },
  read({ cloud, id }) {
    const assignment = cloud.access.find(id);
    return assignment && { inputs: { principalId: assignment.principalId } };
  },
  delete({ cloud, id }) {
    if (cloud.access.find(id)) cloud.access.revoke(id);
  },
});

/** The type is what Azure believes without looking, so a wrong one is refused there too. @returns the principal's type */
function checkPrincipal({ entra }: LocalCloud, principalId: string, principalType?: string): string {
  const principal = entra.principal(principalId);
  if (!principal) {
    const message = `Principal ${principalId} does not exist in the directory ${entra.tenantId}.`;
    throw new AccessError("PrincipalNotFound", message);
  }
  if (principalType && principalType !== principal.type) {
    const message = `The principal ${principalId} (${principal.name}) is a ${principal.type}, and principalType says ${principalType}.`;
    throw new AccessError("UnmatchedPrincipalType", message);
  }
  return principal.type;
}
