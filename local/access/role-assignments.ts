import { AccessError } from "./access-error";
import { roleAllows } from "./action";
import type { Permission } from "./permission";
import { type RoleDefinition, roleDefinition } from "./role-definitions";

export interface RoleAssignment {
  /** The ARM id. */
  id: string;
  /** What the program calls it. */
  logicalName: string;
  /** An object id. */
  principalId: string;
  roleDefinitionId: string;
  /** The id of a resource, a group or a subscription: the role counts for it and for everything below. */
  scope: string;
}

export interface RoleAssignmentsOptions {
  /** How long a new assignment takes to work; Azure says up to ten minutes: learn.microsoft.com/azure/role-based-access-control/troubleshooting */
  propagationSeconds?: number;
  /** Milliseconds. */
  now?(): number;
}

/** `pending`: a role that allows it is assigned, and does not work yet. */
export type Decision = "allowed" | "pending" | "denied";

interface Grant extends RoleAssignment {
  role: RoleDefinition;
  /** Milliseconds. */
  effective: number;
}

/** Who may do what, and where. */
export class RoleAssignments {
  private readonly grants = new Map<string, Grant>();
  private readonly unrestricted = new Set<string>();
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

  /** @throws AccessError RoleAssignmentExists */
  assign(assignment: RoleAssignment): void {
    const role = roleDefinition(assignment.roleDefinitionId);
    const same = [...this.grants.values()].find((grant) => isSame(grant, assignment));
    if (same) {
      const message = `The role assignment already exists: ${same.logicalName} gives ${role.name} to the same principal at the same scope.`;
      throw new AccessError("RoleAssignmentExists", message);
    }
    this.grants.set(assignment.id, { ...assignment, role, effective: this.now() + this.propagation });
  }

  /** At once, unlike in Azure. @param which an assignment's id or logical name @throws Error when there is none */
  revoke(which: string): void {
    const found = this.all.find(({ id, logicalName }) => equal(id, which) || logicalName === which);
    if (!found) throw new Error(`there is no role assignment ${which}`);
    this.grants.delete(found.id);
  }

  /** For Azure itself, which holds no roles. */
  lift(principalId: string): void {
    this.unrestricted.add(principalId);
  }

  allows(principalId: string, action: string, resourceId: string): boolean {
    return this.decide(principalId, [[action]], resourceId) === "allowed";
  }

  decide(principalId: string, permission: Permission, resourceId: string): Decision {
    if (this.unrestricted.has(principalId)) return "allowed";
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

/** Ids have no case, and a scope ends where a segment does. */
function isWithin(resourceId: string, scope: string): boolean {
  return `${resourceId}/`.toLowerCase().startsWith(`${scope.replace(/\/$/, "")}/`.toLowerCase());
}

function equal(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}
