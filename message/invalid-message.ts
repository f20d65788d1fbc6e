import type { z } from "zod";

/** The `field` of a message that is wrong as a whole. */
export const wholeMessage = "(message)";

/** A message that no retry can deliver; `field` is the path to what is wrong, such as `relatesTo.channelId`. */
export class InvalidMessage extends Error {
  override readonly name = "InvalidMessage";

  constructor(
    readonly field: string,
    readonly problem: string,
  ) {
    super(`${field} ${problem}`);
  }

  /** The first of a schema's complaints: values are never repeated, they may be private. */
  static of(error: z.ZodError): InvalidMessage {
    const [issue] = error.issues;
    const field = issue?.path.length ? issue.path.join(".") : wholeMessage;
    if (issue?.code === "custom") return new InvalidMessage(field, issue.message);
    const problem = (issue?.message ?? "unknown problem").replace(/^Invalid input: /, "");
    if (problem.endsWith("received undefined")) return new InvalidMessage(field, "is missing");
    return new InvalidMessage(field, `is not valid: ${problem}`);
  }
}

/** An `InvalidMessage` that would be valid if there were less of it. */
export class MessageTooLarge extends InvalidMessage {
  /** @param bytes of UTF-8 JSON */
  constructor(bytes: number, most: number) {
    super(wholeMessage, `is too large: ${bytes} bytes, at most ${most} are allowed`);
  }
}
