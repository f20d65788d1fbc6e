import { z } from "zod";
import { addressee } from "./addressee";
import { conversationReference, name, text } from "./conversation-reference";
import { withKnownNames } from "./field-names";
import { InvalidMessageError, MessageTooLargeError, wholeMessage } from "./invalid-message";
import { jsonTextOf, toJson, withFields } from "./json-text";

/** The largest text in a storage queue, in bytes. Source: learn.microsoft.com/azure/storage/queues/scalability-targets. */
const maxQueueBytes = 64 * 1024;

/** The largest message, in bytes of UTF-8 JSON: as Base64 it fits into a storage queue, too. */
export const maxMessageBytes = (maxQueueBytes / 4) * 3;

/** The most bytes that `id`, `attempt` and `deferredSince` add to a copy. */
const ownFieldBytes = 512;

/** The most attachments of one message. */
const maxAttachments = 10;

/** A message's id. It may travel as a header, which would lose a space at either end. */
export const messageId = z
  .string()
  .regex(/^[!-~]([ -~]{0,198}[!-~])?$/, "expected 1 to 200 printable ASCII characters, without a space at either end");

/** The address of a picture or a file, or a `data:` URL that holds it. */
const contentUrl = z
  .string()
  .regex(/^(https:\/\/[^\s/]|data:)/i, "expected an https or data URL")
  .describe("The address of its content: an https or data URL.");

/** The Bot Framework's Attachment. Unknown fields are kept. */
const attachment = z
  .looseObject({
    contentType: name.min(1, "expected a media type, such as application/vnd.microsoft.card.adaptive"),
    content: z.record(z.string(), z.unknown(), "expected an object").nullish().describe("A card as JSON."),
    contentUrl: contentUrl.nullish(),
    name: name.nullish(),
    thumbnailUrl: name.nullish(),
  })
  .refine(({ content, contentUrl }) => content || contentUrl, {
    path: ["content"],
    message: "expected a card as an object, or contentUrl beside contentType",
  })
  .describe("The Bot Framework's Attachment, such as an Adaptive Card.");

const attachments = z
  .array(attachment)
  .min(1, "expected at least one attachment")
  .max(maxAttachments, `expected at most ${maxAttachments} attachments`);

export type Attachment = z.infer<typeof attachment>;

const time = z.iso.datetime({
  offset: true,
  error: "expected an ISO 8601 time with a zone, such as 2030-01-01T07:00:00Z",
});

const fields = z.looseObject({
  relatesTo: conversationReference.nullish(),
  to: addressee.nullish(),
  text: text
    .nullish()
    .describe("The text to send. Without `dialog`, a text that is the keyword of a dialog starts this dialog."),
  attachments: attachments.nullish().describe("Cards and other attachments, with or without `text`."),
  dialog: text
    .nullish()
    .describe("The name of the dialog to start; an empty text starts the default dialog. Without it, `text` decides."),
  isTrustedServiceUrl: z
    .boolean()
    .nullish()
    .describe("Accepted because programs of 2018 send it, and ignored: the allow-list decides."),
  id: messageId
    .nullish()
    .describe(
      "A message with the same id is delivered once. Without it, the id of the queue's message or `webhook-id` counts.",
    ),
  notBefore: time.nullish().describe("The message is not delivered before this time."),
  broadcast: z.boolean().nullish().describe("One message of a broadcast: a user who has opted out does not get it."),
  attempt: z
    .int("expected a whole number")
    .nonnegative("expected a number from 0 on")
    .nullish()
    .describe("Set by the apps: the number of times this message has been deferred."),
  deferredSince: time
    .nullish()
    .describe("Set by the apps: the time of the first deferral. A day later the message fails."),
});

/**
 * A message in the queue: the 2018 template's `{relatesTo, text}` and optional fields. Unknown fields are kept, and a field
 * that is null counts as missing, because .NET writes such fields. The custom API's document shows the descriptions.
 */
const queueMessage = fields.superRefine(({ relatesTo, to, text, attachments, dialog }, context) => {
  const wrong = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
  if (!relatesTo && !to) wrong("relatesTo", "is missing: a message needs relatesTo or to");
  if (relatesTo && to) wrong("to", "must not be there beside relatesTo: a message needs one of them");
  if ((text && !isBlank(text)) || attachments || typeof dialog === "string") return;
  wrong("text", `is ${typeof text === "string" ? "empty" : "missing"}: a message needs text, attachments or dialog`);
});

export type QueueMessage = z.infer<typeof queueMessage>;

/** Whether a text shows nothing: it has only white space and invisible characters, such as a zero-width space. */
export function isBlank(value: string): boolean {
  return !/[^\s\p{Cf}]/u.test(value);
}

/**
 * Reads a message from a queue or an HTTP body. Known fields get their own names, in whatever spelling they came, and fields
 * that are null are left out.
 * @param entry JSON text, Base64 of JSON text, or an object @throws InvalidMessageError
 */
export function parseMessage(entry: unknown): QueueMessage {
  const value = typeof entry === "string" ? parseJson(entry) : entry;
  const message = withKnownNames(fields, value);
  const checked = queueMessage.safeParse(message, { reportInput: true });
  if (!checked.success) throw InvalidMessageError.of(checked.error);
  refuseOversize(textOf(value), message as QueueMessage);
  return message as QueueMessage; // zod's copy has its fields in another order
}

/** Writes the JSON text for a queue. @throws MessageTooLargeError */
export function formatMessage(message: QueueMessage): string {
  const json = toJson(message);
  refuseOversize(json, message);
  return json;
}

/** A message as it was received. */
export interface ReceivedMessage {
  /** The message's own id, or else the id of the queue's message or `webhook-id`. */
  id: string;
  /** The JSON text as it came, plain or as Base64. */
  json: string;
  message: QueueMessage;
}

/** The fields that a copy changes; undefined removes a field. */
export type CopyFields = Partial<Pick<QueueMessage, "attempt" | "deferredSince" | "notBefore">>;

/**
 * Writes the JSON text of a copy that goes back to the queue. Every other field stays character by character: JavaScript
 * would round large numbers, and lose one of two fields with the same name.
 */
export function copyOf({ id, json, message }: ReceivedMessage, fields: CopyFields): string {
  const changes = { ...fields, id };
  const copy = withFields(jsonTextOf(json), changes);
  return Buffer.byteLength(copy) <= maxQueueBytes ? copy : toJson({ ...message, ...changes }); // this has fewer escapes
}

/** Whether one of the apps has put the message back on the queue. */
export function isCopy({ attempt }: Pick<QueueMessage, "attempt">): boolean {
  return typeof attempt === "number";
}

/** @throws InvalidMessageError when the value can be parsed but not written: some thousand nested arrays exceed JavaScript's stack */
function textOf(value: unknown): string {
  try {
    return toJson(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InvalidMessageError(wholeMessage, "is nested too deeply");
  }
}

function parseJson(entry: string): unknown {
  const json = jsonTextOf(entry);
  try {
    return JSON.parse(json);
  } catch {
    refuseOversize(json); // the more useful of the two errors
    throw new InvalidMessageError(wholeMessage, "is not JSON, neither plain nor as Base64");
  }
}

/** @param message a copy may be larger, by the fields of the apps */
function refuseOversize(json: string, message: Pick<QueueMessage, "attempt"> = {}): void {
  const bytes = Buffer.byteLength(json);
  if (bytes > maxMessageBytes + (isCopy(message) ? ownFieldBytes : 0))
    throw new MessageTooLargeError(bytes, maxMessageBytes);
}

/** The JSON Schema 2020-12 of a queue message, made from the schema that checks it. */
export function messageSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(queueMessage, { target: "draft-2020-12", io: "input" });
  return { ...schema, oneOf: required("relatesTo", "to"), anyOf: required("text", "attachments", "dialog") };
}

function required(...fields: string[]) {
  return fields.map((field) => ({ required: [field] }));
}
