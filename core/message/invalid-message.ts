import type { z } from "zod";

/** The `field` of a message that is wrong as a whole. */
export const wholeMessage = "(message)";

/**
 * A message that no retry can deliver: `field` is the path to what is wrong, such as `attachments[1].contentType`, and
 * `problem` says what is wrong with it and what is expected. Values are never repeated, they may be private.
 */
export class InvalidMessageError extends Error {
  override readonly name = "InvalidMessageError";

  constructor(
    readonly field: string,
    readonly problem: string,
  ) {
    super(`${field} ${problem}`);
  }

  /** The first of a schema's complaints. @param error of a check that reports its input */
  static of({ issues: [issue] }: z.ZodError): InvalidMessageError {
    const field = fieldPath(issue?.path ?? []) || wholeMessage;
    const complaint = issue?.message.replace(/^Invalid (input|option|string): /, "") ?? "unknown problem";
    if (issue?.code === "custom" && !complaint.startsWith("expected")) return new InvalidMessageError(field, complaint);
    if (issue && issue.code !== "custom" && issue.input === undefined)
      return new InvalidMessageError(field, `is missing: ${complaint.replace(/, received undefined$/, "")}`);
    return new InvalidMessageError(field, `is not valid: ${complaint}`);
  }
}

/** `a.b[1].c` */
export function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`))
    .join("")
    .replace(/^\./, "");
}

/** An `InvalidMessageError` that would be valid if there were less of it. */
export class MessageTooLargeError extends InvalidMessageError {
  /** @param bytes of UTF-8 JSON */
  constructor(bytes: number, most: number) {
    super(wholeMessage, `is too large: ${bytes} bytes, at most ${most} are allowed`);
  }
}
