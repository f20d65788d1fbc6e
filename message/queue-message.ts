import { z } from "zod";
import { decodeBase64 } from "./base64";
import { conversationReference } from "./conversation-reference";
import { InvalidMessage, wholeMessage } from "./invalid-message";

/**
 * The largest message, in bytes of UTF-8 JSON. A storage queue takes 64 KiB of text, and this is what fits as Base64 too.
 * Source: learn.microsoft.com/azure/storage/queues/scalability-targets.
 */
export const maxMessageBytes = 48 * 1024;

/** What travels through the queue: the 2018 template's `{relatesTo, text}` and optional fields of ours. Unknown fields are kept,
 * and null is as good as absent: .NET writes it. */
const queueMessage = z.looseObject({
  relatesTo: conversationReference,
  text: z.string(),
  /** Accepted because 2018's producers send it; it gives no trust: the allow-list decides. */
  isTrustedServiceUrl: z.boolean().nullish(),
  /** Makes delivery idempotent; the queue's own message id where absent. */
  id: z
    .string()
    .regex(/^[\x20-\x7e]{1,200}$/, "expected 1 to 200 printable ASCII characters")
    .nullish(),
  /** Not to be delivered earlier. */
  notBefore: z.iso.datetime({ offset: true }).nullish(),
  /** How many times this message has been deferred. */
  attempt: z.int().nonnegative().optional(),
  /** When it was deferred first: a day later it has failed. */
  deferredSince: z.iso.datetime({ offset: true }).optional(),
  /** The dialog to start; "" is the default one; absent: `text` decides. */
  dialog: z.string().nullish(),
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
  if (message.attempt === undefined) refuseOversize(toJson(message)); // a deferral's own fields may exceed the limit
  return message;
}

/**
 * The JSON text to put on a queue.
 * @throws InvalidMessage when it is larger than `maxMessageBytes`.
 */
export function formatMessage(message: QueueMessage): string {
  const json = toJson(message);
  if (message.attempt === undefined) refuseOversize(json);
  return json;
}

/** JSON that survives a storage queue: it travels inside XML 1.0, which cannot carry U+FFFE and U+FFFF. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\uFFFE\uFFFF]/g, (c) => `\\u${c.charCodeAt(0).toString(16)}`);
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
  throw new InvalidMessage(wholeMessage, `is too large: ${bytes} bytes, at most ${maxMessageBytes} are allowed`);
}
