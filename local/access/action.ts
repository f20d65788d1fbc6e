import type { RoleDefinition } from "./role-definitions";

/** The actions on what is in a resource, of the services that this cloud guards. Source: the roles' `dataActions` at Microsoft. */
const dataAction =
  /\/(messages|entities|blobs)\/|^Microsoft\.KeyVault\/vaults\/secrets\/(\w+\/action|delete)$|^Microsoft\.Insights\/(Metrics|Telemetry)\/Write$/i;

/** Whether a role allows an action: `*` among a role's `actions` gives none of its data. */
export function roleAllows({ actions, notActions = [], dataActions }: RoleDefinition, action: string): boolean {
  if (dataAction.test(action)) return matches(dataActions, action);
  return matches(actions, action) && !matches(notActions, action);
}

function matches(patterns: string[], action: string): boolean {
  return patterns.some((pattern) => asExpression(pattern).test(action));
}

const expressions = new Map<string, RegExp>();

function asExpression(pattern: string): RegExp {
  const known = expressions.get(pattern);
  if (known) return known;
  const literal = pattern.replaceAll(".", "\\.").replaceAll("*", ".*");
  const expression = new RegExp(`^${literal}$`, "i");
  expressions.set(pattern, expression);
  return expression;
}
