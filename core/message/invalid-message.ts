import type { z } from "zod";

/** The `field` of an error about the whole message. */
export const wholeMessage = "(message)";

/**
 * A message that no retry can deliver. `field` is the path of the wrong field, such as `attachments[1].contentType`, and
 * `problem` says what is wrong and what is expected. It never repeats a value, which may be private.
 */
export class InvalidMessageError extends Error {
  override readonly name = "InvalidMessageError";

  constructor(
    readonly field: string,
    readonly problem: string,
  ) {
    super(`${field} ${problem}`);
  }

  /** Makes the error of the first issue. @param error of a check with `reportInput` */
  static of({ issues: [issue] }: z.ZodError): InvalidMessageError {
    const field = fieldPath(issue?.path ?? []) || wholeMessage;
    const message = issue?.message.replace(/^Invalid (input|option|string): /, "") ?? "unknown problem";
    if (issue?.code === "custom" && !message.startsWith("expected")) return new InvalidMessageError(field, message);
    if (issue && issue.code !== "custom" && issue.input === undefined)
      return new InvalidMessageError(field, `is missing: ${message.replace(/, received undefined$/, "")}`);
    return new InvalidMessageError(field, `is not valid: ${message}`);
  }
}

/** `a.b[1].c` */
export function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}

/** A message that would be valid if it were smaller. */
export class MessageTooLargeError extends InvalidMessageError {
  /** @param bytes of UTF-8 JSON */
  constructor(bytes: number, most: number) {
    super(wholeMessage, `is too large: ${bytes} bytes, at most ${most} are allowed`);
  }
}
