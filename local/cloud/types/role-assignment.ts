import { AccessError } from "../../access/access-error";
import { unknownRole } from "../../access/role-definitions";
import type { LocalCloud } from "../local-cloud";
import { guid } from "../names";
import { resourceType } from "../resource-type";
import { checkReferences } from "./monitoring";

interface RoleAssignmentInputs {
  principalId: string;
  principalType?: string;
  roleDefinitionId: string;
  scope: string;
}

/** Azure does not let these inputs change: learn.microsoft.com/azure/role-based-access-control/role-assignments-portal */
const fixed = ["principalId", "principalType", "roleDefinitionId"] as const;

export const roleAssignment = resourceType<RoleAssignmentInputs>({
  id: "{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
  name: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  autoname: guid,
  inputs: ["roleAssignmentName", "principalId", "principalType", "roleDefinitionId", "scope", "description"],
  required: ["principalId", "roleDefinitionId"],
  replaces: ["principalId"],
  create(making) {
    const { cloud, inputs, id, logicalName, declaredOnly } = making;
    const { principalId, principalType, roleDefinitionId, scope } = inputs;
    const missing = missingPrincipal(cloud, principalId);
    if (missing) declaredOnly("principalId", missing);
    const unknown = unknownRole(roleDefinitionId);
    if (unknown) declaredOnly("roleDefinitionId", unknown);
    const type = checkPrincipal(cloud, principalId, principalType);
    checkReferences(making, { scope });
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

function missingPrincipal({ entra }: LocalCloud, principalId: string): AccessError | undefined {
  if (entra.principal(principalId)) return undefined;
  const message = `Principal ${principalId} does not exist in the directory ${entra.tenantId}.`;
  return new AccessError("PrincipalNotFound", message);
}

/** Azure believes a program's `principalType` without looking, so a wrong one is refused there too. @returns the principal's type */
function checkPrincipal({ entra }: LocalCloud, principalId: string, principalType?: string): string {
  const principal = entra.principal(principalId);
  if (!principal) return principalType ?? "User";
  if (principalType && principalType !== principal.type) {
    const message = `The principal ${principalId} (${principal.name}) is a ${principal.type}, and principalType says ${principalType}.`;
    throw new AccessError("UnmatchedPrincipalType", message);
  }
  return principal.type;
}
