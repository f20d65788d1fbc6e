/** What an operation needs: all the actions of any one of these sets. The first is the one that people are told of. */
export type Permission = readonly [readonly string[], ...(readonly string[])[]];

/** For people. */
export function describe([actions]: Permission): string {
  return actions.join(" and ");
}
