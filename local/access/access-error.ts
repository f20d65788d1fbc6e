/** The reason why a role cannot be assigned, with Azure's error code. */
export class AccessError extends Error {
  override readonly name = "AccessError";

  constructor(
    readonly code:
      | "PrincipalNotFound"
      | "RoleDefinitionDoesNotExist"
      | "RoleAssignmentExists"
      | "RoleAssignmentUpdateNotPermitted"
      | "UnmatchedPrincipalType",
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}
