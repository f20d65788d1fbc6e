/** The reason why the host cannot start an app, with advice. */
export class StartupError extends Error {
  override readonly name = "StartupError";
}

/** The message of a thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
