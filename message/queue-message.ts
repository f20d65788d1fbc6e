import { z } from "zod";
import { addressee } from "./addressee";
import { attachments } from "./attachment";
import { decodeBase64 } from "./base64";
import { conversationReference } from "./conversation-reference";
import { InvalidMessage, MessageTooLarge, wholeMessage } from "./invalid-message";

/**
 * The largest message, in bytes of UTF-8 JSON. A storage queue takes 64 KiB of text, and this is what fits as Base64 too.
 * Source: learn.microsoft.com/azure/storage/queues/scalability-targets.
 */
export const maxMessageBytes = 48 * 1024;

/** What is a message's id. It may travel as a header, which would lose a space at an end. */
export const messageId = z
  .string()
  .regex(/^[!-~]([ -~]{0,198}[!-~])?$/, "expected 1 to 200 printable ASCII characters, without a space at either end");

const fields = z.looseObject({
  relatesTo: conversationReference.nullish(),
  to: addressee.nullish(),
  text: z.string().nullish().describe("What to say; where there is no `dialog`, `new` and `old` start the surveys."),
  attachments: attachments.nullish().describe("Cards and other attachments, beside or instead of `text`."),
  dialog: z
    .string()
    .nullish()
    .describe("The dialog to start, by name; an empty text is the default one; where absent, `text` decides."),
  isTrustedServiceUrl: z
    .boolean()
    .nullish()
    .describe("Accepted because 2018's producers send it; it gives no trust: the allow-list decides."),
  id: messageId
    .nullish()
    .describe(
      "Makes delivery idempotent; where absent, the id under which the message came: the queue's, or `webhook-id`.",
    ),
  notBefore: z.iso.datetime({ offset: true }).nullish().describe("Not to be delivered earlier."),
  broadcast: z.boolean().nullish().describe("One of many: it is not said to a user who has opted out."),
  attempt: z.int().nonnegative().nullish().describe("How many times this message has been deferred."),
  deferredSince: z.iso
    .datetime({ offset: true })
    .nullish()
    .describe("When it was deferred first: a day later it has failed."),
});

/**
 * What travels through the queue: the 2018 template's `{relatesTo, text}` and optional fields of ours. Unknown fields are kept,
 * and null is as good as absent: .NET writes it. Whoever reads the custom API's document reads the descriptions too.
 */
export const queueMessage = fields.superRefine(({ relatesTo, to, text, attachments, dialog }, context) => {
  const wrong = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
  if (!relatesTo && !to) wrong("relatesTo", "is missing: a message needs relatesTo or to");
  if (relatesTo && to) wrong("to", "must not be there beside relatesTo: a message needs one of them");
  if (text?.trim() || attachments || typeof dialog === "string") return;
  wrong("text", `is ${typeof text === "string" ? "empty" : "missing"}: a message needs text, attachments or dialog`);
});

export type QueueMessage = z.infer<typeof queueMessage>;

/**
 * Reads what a queue or an HTTP body holds: JSON text, Base64 of JSON text, or what the Functions library already parsed.
 * @throws InvalidMessage naming the field and what it should be.
 */
export function parseMessage(entry: unknown): QueueMessage {
  const value = typeof entry === "string" ? parseJson(entry) : entry;
  const checked = queueMessage.safeParse(value);
  if (!checked.success) throw InvalidMessage.of(checked.error);
  const message = value as QueueMessage; // as it came: zod's copy has its fields in another order
  const json = textOf(message);
  if (!isCopy(message)) refuseOversize(json); // a deferral's own fields may exceed the limit
  return message;
}

/** Whether a message was put back on the queue by one of the apps. */
export function isCopy({ attempt }: Pick<QueueMessage, "attempt">): boolean {
  return typeof attempt === "number";
}

/**
 * The JSON text to put on a queue.
 * @throws InvalidMessage when it is larger than `maxMessageBytes`.
 */
export function formatMessage(message: QueueMessage): string {
  const json = toJson(message);
  if (!isCopy(message)) refuseOversize(json);
  return json;
}

/** JSON that survives a storage queue. */
export function toJson(value: unknown): string {
  return forQueue(JSON.stringify(value));
}

/** The same JSON as a storage queue can take it: it travels inside XML 1.0, which cannot carry U+FFFE and U+FFFF. */
export function forQueue(json: string): string {
  return json.replace(/[\uFFFE\uFFFF]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
}

/** @throws InvalidMessage for what can be read but not written: JavaScript's stack ends at some thousand arrays in one another. */
function textOf(message: QueueMessage): string {
  try {
    return toJson(message);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidMessage(wholeMessage, "is nested too deeply");
  }
}

function parseJson(text: string): unknown {
  const json = (decodeBase64(text) ?? text).replace(/^\uFEFF/, "");
  try {
    return JSON.parse(json);
  } catch {
    refuseOversize(json); // the more useful of the two complaints
    throw new InvalidMessage(wholeMessage, "is not JSON, neither plain nor as Base64");
  }
}

function refuseOversize(json: string): void {
  const bytes = Buffer.byteLength(json);
  if (bytes <= maxMessageBytes) return;
  throw new MessageTooLarge(bytes, maxMessageBytes);
}
