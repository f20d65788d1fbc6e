import { z } from "zod";
import { addressee } from "./addressee";
import { conversationReference, name, text } from "./conversation-reference";
import { withKnownNames } from "./field-names";
import { InvalidMessageError, MessageTooLargeError, wholeMessage } from "./invalid-message";
import { jsonTextOf, toJson, withFields } from "./json-text";

/**
 * The largest message, in bytes of UTF-8 JSON. A storage queue takes 64 KiB of text, and this is what fits as Base64 too.
 * Source: learn.microsoft.com/azure/storage/queues/scalability-targets.
 */
export const maxMessageBytes = 48 * 1024;

/** What a storage queue takes, in bytes. Source: learn.microsoft.com/azure/storage/queues/scalability-targets. */
const maxQueueBytes = 64 * 1024;

/** What a copy's `id`, `attempt` and `deferredSince` may add to it, in bytes. */
const ownFieldBytes = 512;

/** What is a message's id. It may travel as a header, which would lose a space at an end. */
export const messageId = z
  .string()
  .regex(/^[!-~]([ -~]{0,198}[!-~])?$/, "expected 1 to 200 printable ASCII characters, without a space at either end");

/** Whether a text shows nothing: white space and invisible marks only, such as a zero-width space. */
export function isBlank(value: string): boolean {
  return !/[^\s\p{Cf}]/u.test(value);
}

/** The most attachments of one message. */
const mostAttachments = 10;

/** A picture or a file by its address; `data:` carries it itself. */
const contentUrl = z
  .string()
  .regex(/^(https:\/\/[^\s/]|data:)/i, "expected an https or data URL")
  .describe("Where its content is: an https or data URL.");

/** A card, or something else beside the text: the Bot Framework's Attachment. Unknown fields are kept. */
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
  .max(mostAttachments, `expected at most ${mostAttachments} attachments`);

export type Attachment = z.infer<typeof attachment>;

const time = z.iso.datetime({
  offset: true,
  error: "expected an ISO 8601 time with a zone, such as 2030-01-01T07:00:00Z",
});

const fields = z.looseObject({
  relatesTo: conversationReference.nullish(),
  to: addressee.nullish(),
  text: text.nullish().describe("What to say; where there is no `dialog`, `new` and `old` start the surveys."),
  attachments: attachments.nullish().describe("Cards and other attachments, beside or instead of `text`."),
  dialog: text
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
  notBefore: time.nullish().describe("Not to be delivered earlier."),
  broadcast: z.boolean().nullish().describe("One of many: it is not said to a user who has opted out."),
  attempt: z
    .int("expected a whole number")
    .nonnegative("expected a number from 0 on")
    .nullish()
    .describe("The apps' own: how many times this message has been deferred."),
  deferredSince: time.nullish().describe("The apps' own: when it was deferred first; a day later it has failed."),
});

/**
 * What travels through the queue: the 2018 template's `{relatesTo, text}` and optional fields of ours. Unknown fields are kept,
 * and null is as good as absent: .NET writes it. Whoever reads the custom API's document reads the descriptions too.
 */
export const queueMessage = fields.superRefine(({ relatesTo, to, text, attachments, dialog }, context) => {
  const wrong = (field: string, message: string) => context.addIssue({ code: "custom", path: [field], message });
  if (!relatesTo && !to) wrong("relatesTo", "is missing: a message needs relatesTo or to");
  if (relatesTo && to) wrong("to", "must not be there beside relatesTo: a message needs one of them");
  if ((text && !isBlank(text)) || attachments || typeof dialog === "string") return;
  wrong("text", `is ${typeof text === "string" ? "empty" : "missing"}: a message needs text, attachments or dialog`);
});

export type QueueMessage = z.infer<typeof queueMessage>;

/**
 * Reads what a queue or an HTTP body holds: JSON text, Base64 of JSON text, or an object. Its known fields come out under
 * their own names and without nulls, however they were spelt; the text is what travels on.
 * @throws InvalidMessageError naming the field and what it should be.
 */
export function parseMessage(entry: unknown): QueueMessage {
  const value = typeof entry === "string" ? parseJson(entry) : entry;
  const message = withKnownNames(fields, value);
  const checked = queueMessage.safeParse(message, { reportInput: true });
  if (!checked.success) throw InvalidMessageError.of(checked.error);
  refuseOversize(textOf(value), message as QueueMessage);
  return message as QueueMessage; // zod's copy has its fields in another order
}

/** A message that came, and goes on. */
export interface ReceivedMessage {
  /** Its own, or the one under which it came. */
  id: string;
  /** As it came: JSON text, plain or as Base64. */
  json: string;
  /** What it says. */
  message: QueueMessage;
}

/** The apps' own fields of a copy; undefined takes one away. */
export type CopyFields = Partial<Pick<QueueMessage, "attempt" | "deferredSince" | "notBefore">>;

/**
 * The JSON text of a copy. Every field but the given ones stays character by character: JavaScript would round large
 * numbers, and forget what is there twice.
 */
export function copyOf({ id, json, message }: ReceivedMessage, fields: CopyFields): string {
  const changes = { ...fields, id };
  const copy = withFields(jsonTextOf(json), changes);
  return Buffer.byteLength(copy) <= maxQueueBytes ? copy : toJson({ ...message, ...changes }); // with fewer escapes
}

/** Whether a message was put back on the queue by one of the apps. */
export function isCopy({ attempt }: Pick<QueueMessage, "attempt">): boolean {
  return typeof attempt === "number";
}

/**
 * The JSON text to put on a queue.
 * @throws InvalidMessageError when it is larger than `maxMessageBytes`.
 */
export function formatMessage(message: QueueMessage): string {
  const json = toJson(message);
  refuseOversize(json, message);
  return json;
}

/** @throws InvalidMessageError for what can be read but not written: JavaScript's stack ends at some thousand arrays in one another. */
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
    refuseOversize(json); // the more useful of the two complaints
    throw new InvalidMessageError(wholeMessage, "is not JSON, neither plain nor as Base64");
  }
}

/** @param message that may be a copy of the apps, with fields of theirs */
function refuseOversize(json: string, message: Pick<QueueMessage, "attempt"> = {}): void {
  const bytes = Buffer.byteLength(json);
  if (bytes > maxMessageBytes + (isCopy(message) ? ownFieldBytes : 0))
    throw new MessageTooLargeError(bytes, maxMessageBytes);
}

/** The contract of a queue message as JSON Schema 2020-12, made from the schema that checks it. */
export function messageSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(queueMessage, { target: "draft-2020-12", io: "input" });
  return { ...schema, oneOf: required("relatesTo", "to"), anyOf: required("text", "attachments", "dialog") };
}

function required(...fields: string[]) {
  return fields.map((field) => ({ required: [field] }));
}
