/** Why Azure refuses something, with its own code for it. */
export class ArmError extends Error {
  override readonly name = "ArmError";

  constructor(
    readonly code: string,
    message: string,
  ) {
    super(`${code}: ${message}`);
  }
}
