import type { CheckFailure } from "./resource-type";

/** Azure can do this, and the local cloud cannot. */
export class NotSupportedError extends Error {
  override readonly name = "NotSupportedError";

  constructor(what: string) {
    super(`The local cloud does not support ${what}.`);
  }
}

/** The same, of an input. */
export function notSupported(property: string, what: string): CheckFailure {
  return { property, reason: new NotSupportedError(what).message, notSupported: true };
}

/**
 * Decides about resource types, inputs and functions that the local cloud has no body for. It accepts and reports each of them
 * once, or it refuses them: this is the only place that knows which of the two.
 */
export class DeclaredOnly {
  private readonly reported = new Set<string>();

  /** @param report gets each accepted thing, such as `azure-native:redis:Redis "cache"`; absent: nothing is accepted */
  constructor(private readonly report?: (thing: string) => void) {}

  get isAccepted(): boolean {
    return this.report !== undefined;
  }

  /** @param refusal the reason in a cloud that does not accept this @throws refusal */
  accept(thing: string, refusal: Error): void {
    if (!this.report) throw refusal;
    if (this.reported.has(thing)) return;
    this.reported.add(thing);
    this.report(thing);
  }
}
