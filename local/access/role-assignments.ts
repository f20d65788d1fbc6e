import { AccessError } from "./access-error";
import { roleAllows } from "./action";
import type { Permission } from "./permission";
import { type RoleDefinition, roleDefinition } from "./role-definitions";

export interface RoleAssignment {
  /** The ARM id. */
  id: string;
  /** The resource's name in the Pulumi program. */
  logicalName: string;
  /** The principal's object id. */
  principalId: string;
  roleDefinitionId: string;
  /** The id of a resource, a group or a subscription. The role applies to it and to everything below. */
  scope: string;
}

export interface RoleAssignmentsOptions {
  /** Seconds until a new assignment takes effect. In Azure up to ten minutes: learn.microsoft.com/azure/role-based-access-control/troubleshooting */
  propagationSeconds?: number;
  /** Milliseconds. */
  now?(): number;
}

/** `pending`: a role that allows the operation is assigned but is not in effect yet. */
export type Decision = "allowed" | "pending" | "denied";

interface Grant extends RoleAssignment {
  role: RoleDefinition;
  /** When the role takes effect, in milliseconds since the epoch. */
  effective: number;
}

/** The role assignments. They decide which operations a principal may perform on a resource. */
export class RoleAssignments {
  private readonly grants = new Map<string, Grant>();
  private readonly exemptPrincipals = new Set<string>();
  private readonly propagation: number;
  private readonly now: () => number;

  constructor({ propagationSeconds = 0, now = Date.now }: RoleAssignmentsOptions = {}) {
    this.propagation = propagationSeconds * 1000;
    this.now = now;
  }

  get all(): RoleAssignment[] {
    return [...this.grants.values()].map(({ role, effective, ...assignment }) => assignment);
  }

  /** @param id the ARM id */
  find(id: string): RoleAssignment | undefined {
    return this.all.find((assignment) => equal(assignment.id, id));
  }

  /** @throws AccessError RoleDefinitionDoesNotExist, RoleAssignmentExists */
  assign(assignment: RoleAssignment): void {
    const role = roleDefinition(assignment.roleDefinitionId);
    const same = [...this.grants.values()].find((grant) => isSame(grant, assignment));
    if (same) {
      const message = `The role assignment already exists: ${same.logicalName} gives ${role.name} to the same principal at the same scope.`;
      throw new AccessError("RoleAssignmentExists", message);
    }
    this.grants.set(assignment.id, { ...assignment, role, effective: this.now() + this.propagation });
  }

  /** Takes effect at once, unlike in Azure. @param which an assignment's id or logical name @throws Error when no such assignment exists */
  revoke(which: string): void {
    const found = this.all.find(({ id, logicalName }) => equal(id, which) || logicalName === which);
    if (!found) throw new Error(`The role assignment ${which} does not exist.`);
    this.grants.delete(found.id);
  }

  /** Allows a principal everything. For Azure itself, which holds no roles. */
  exempt(principalId: string): void {
    this.exemptPrincipals.add(principalId);
  }

  allows(principalId: string, action: string, resourceId: string): boolean {
    return this.decide(principalId, [[action]], resourceId) === "allowed";
  }

  decide(principalId: string, permission: Permission, resourceId: string): Decision {
    if (this.exemptPrincipals.has(principalId)) return "allowed";
    const here = [...this.grants.values()].filter(
      (grant) => equal(grant.principalId, principalId) && isWithin(resourceId, grant.scope),
    );
    const now = this.now();
    const working = here.filter(({ effective }) => effective <= now);
    if (suffices(working, permission)) return "allowed";
    return suffices(here, permission) ? "pending" : "denied";
  }
}

function suffices(grants: Grant[], permission: Permission): boolean {
  return permission.some((actions) => actions.every((action) => grants.some(({ role }) => roleAllows(role, action))));
}

function isSame(one: RoleAssignment, other: RoleAssignment): boolean {
  return (
    equal(one.principalId, other.principalId) &&
    equal(one.scope, other.scope) &&
    roleDefinition(one.roleDefinitionId) === roleDefinition(other.roleDefinitionId)
  );
}

/** Compares ids without case, and only whole segments of the path. */
function isWithin(resourceId: string, scope: string): boolean {
  return `${resourceId}/`.toLowerCase().startsWith(`${scope.replace(/\/$/, "")}/`.toLowerCase());
}

function equal(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
