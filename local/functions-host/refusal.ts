/** Why this host does not start (or load) an app: one sentence that says what is wrong and what to do. */
export class Refusal extends Error {
  override name = "Refusal";
}

/** The message of whatever was thrown, for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
