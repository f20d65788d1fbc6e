import type { RoleDefinition } from "./role-definitions";

/** The data actions of the services that the local cloud guards. Source: the `dataActions` of Microsoft's built-in roles. */
const dataAction =
  /\/(messages|entities|blobs)\/|^Microsoft\.KeyVault\/vaults\/secrets\/(\w+\/action|delete)$|^Microsoft\.Insights\/(Metrics|Telemetry)\/Write$/i;

/** Whether a role allows an action. `*` in a role's `actions` does not include data actions. */
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
