import assert from "node:assert/strict";

/** Asserts that an object has these properties with these values. A fork may add more. */
export function assertIncludes(actual: object | undefined, expected: object): void {
  const found = Object.fromEntries(Object.keys(expected).map((key) => [key, Reflect.get(actual ?? {}, key)]));
  assert.deepEqual(found, expected);
}
