import { z } from "zod";
import { messageId, messageSchema } from "../../core/message/queue-message";
import type { Dialogs } from "../state/conversations";
import { examplesFor } from "./examples";

type Json = Record<string, unknown>;

/** The document of the custom API: OpenAPI 3.1, whose schemas are JSON Schema 2020-12. */
export function openApi(dialogs: Dialogs): Json {
  return {
    openapi: "3.1.1",
    info: {
      title: "Proactive bot",
      version: "1.0.0",
      description: "Makes the bot speak first: the JSON of a queue message, signed as standardwebhooks.com specifies.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    paths: { "/api/notify": { post: notify(examplesFor(dialogs)) }, "/api/openapi.json": { get: document } },
    components: {
      schemas: { Message: messageSchema(), Taken: taken, Refusal: refusal },
      headers: { "Retry-After": retryAfter },
      securitySchemes: { signature },
    },
  };
}

const notify = (examples: ReturnType<typeof examplesFor>): Json => ({
  operationId: "notify",
  summary: "Say a text to a user, or start a dialog with them, now or later",
  description:
    "At most 48 KiB of JSON, plain or as Base64, with any content type. The names of the fields are read in any case, and null " +
    "means absent. A message that comes again under its id is answered in the same way and not said again.",
  security: [{ signature: [] }],
  parameters: [
    header("webhook-id", "The message's id, unless its JSON has one.", z.toJSONSchema(messageId)),
    header("webhook-timestamp", "When it was signed, in seconds since 1970: within five minutes of now.", {
      type: "string",
      pattern: "^\\d+$",
    }),
  ],
  requestBody: {
    required: true,
    content: {
      "application/json": { schema: { $ref: "#/components/schemas/Message" }, examples: examples.messages },
      "text/plain": { schema: { type: "string", contentEncoding: "base64", contentMediaType: "application/json" } },
    },
  },
  responses: {
    202: {
      description:
        "The caller may forget the message: it is delivered, deferred, or set aside. The table `deliveries` tells which.",
      content: { "application/json": { schema: { $ref: "#/components/schemas/Taken" }, examples: examples.taken } },
    },
    400: refused("The message is not valid, and nothing was kept of it.", examples.invalid),
    401: refused("It is not signed with this stack's webhook secret, or not now.", examples.unauthorized),
    413: refused("The body or the message is too large.", examples.tooLarge),
    429: refusedForNow(
      "Too many wrong signatures a minute came from this address, or too many messages are being delivered.",
      examples.tooMany,
    ),
    503: refusedForNow("It cannot be delivered now, nor safely kept. Send it again.", examples.unavailable),
  },
});

const document: Json = {
  operationId: "openApi",
  summary: "This document",
  security: [],
  responses: { 200: { description: "OpenAPI 3.1", content: { "application/json": { schema: { type: "object" } } } } },
};

const signature: Json = {
  type: "apiKey",
  in: "header",
  name: "webhook-signature",
  description:
    "`v1,` and the Base64 of HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>`, byte for byte; several, with spaces " +
    "between them, where a secret is being rotated. The key is the Base64 behind `whsec_` in the stack's output `webhookSecret`.",
};

const taken: Json = {
  type: "object",
  properties: { id: { type: "string", description: "The outcome of the message is kept under this id." } },
  required: ["id"],
};

const refusal: Json = {
  type: "object",
  properties: {
    error: { type: "string" },
    field: { type: "string", description: "The path to the wrong part, such as `relatesTo.channelId`." },
  },
  required: ["error"],
};

const retryAfter: Json = { description: "Seconds.", required: true, schema: { type: "integer", minimum: 1 } };

function header(name: string, description: string, schema: Json): Json {
  const { $schema, ...rest } = schema;
  return { name, in: "header", required: true, description, schema: rest };
}

function refused(description: string, examples: Json): Json {
  const schema = { $ref: "#/components/schemas/Refusal" };
  return { description, content: { "application/json": { schema, examples } } };
}

function refusedForNow(description: string, examples: Json): Json {
  const headers = { "Retry-After": { $ref: "#/components/headers/Retry-After" } };
  return { ...refused(description, examples), headers };
}
