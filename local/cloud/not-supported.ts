import type { CheckFailure } from "./resource-type";

/** Something that Azure can do and this cloud cannot. */
export class NotSupported extends Error {
  override readonly name = "NotSupported";

  constructor(what: string) {
    super(`The local cloud does not support ${what}.`);
  }
}

/** The same, of an input. */
export function notSupported(property: string, what: string): CheckFailure {
  return { property, reason: new NotSupported(what).message };
}
