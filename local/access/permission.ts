/** The actions that an operation needs: all actions of any one of these sets. Messages name the first set. */
export type Permission = readonly [readonly string[], ...(readonly string[])[]];

/** The first set, as messages show it. */
export function describePermission([actions]: Permission): string {
  return actions.join(" and ");
}
