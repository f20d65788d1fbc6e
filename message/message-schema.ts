import { z } from "zod";
import { queueMessage } from "./queue-message";

/** The contract of a queue message as JSON Schema 2020-12, made from the schema that checks it. */
export function messageSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(queueMessage, { target: "draft-2020-12", io: "input" });
  return { ...schema, oneOf: required("relatesTo", "to"), anyOf: required("text", "attachments", "dialog") };
}

function required(...fields: string[]) {
  return fields.map((field) => ({ required: [field] }));
}
