import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

/** A form in which a message may come, and what is to become of it. */
const conformanceCase = z.strictObject({
  name: z.string(),
  description: z.string(),
  /** What lies in the queue: text, in which `%FILL%` stands for so many letters x; or Base64. */
  input: z.union([
    z.strictObject({ text: z.string(), fill: z.int().optional() }),
    z.strictObject({ base64: z.string() }),
  ]),
  /** Accepted as this object, or refused for a field with a sentence that has these parts. */
  expected: z.union([
    z.strictObject({ accepted: z.record(z.string(), z.unknown()) }),
    z.strictObject({ refused: z.strictObject({ field: z.string(), problem: z.array(z.string()) }) }),
  ]),
});

export type ConformanceCase = z.infer<typeof conformanceCase>;

const file = path.join(__dirname, "../../conformance/messages.json");

/** `test/conformance/messages.json`. */
export const conformance = z.array(conformanceCase).parse(JSON.parse(readFileSync(file, "utf8")));

export function entryOf({ input }: ConformanceCase): string {
  return "text" in input ? input.text.replace("%FILL%", "x".repeat(input.fill ?? 0)) : input.base64;
}
