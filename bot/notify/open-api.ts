import { z } from "zod";
import { InvalidMessageError } from "../../core/message/invalid-message";
import { messageId, messageSchema } from "../../core/message/queue-message";
import type { Dialogs } from "../state/conversations";

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

/** A conversation on the channel Direct Line. */
const relatesTo = {
  channelId: "directline",
  serviceUrl: "https://directline.botframework.com/",
  conversation: { id: "8a684db8" },
};

const card = {
  contentType: "application/vnd.microsoft.card.adaptive",
  content: { type: "AdaptiveCard", version: "1.3", body: [{ type: "TextBlock", text: "Your order has been sent." }] },
};

/** The name of no dialog. */
const unknownDialog = "survey";

/** The document's examples, by status. A test sends the messages and provokes the refusals. */
export function examplesFor(dialogs: Dialogs) {
  const hasDialogs = !refusalOf(dialogs, "");
  return {
    messages: {
      text: { summary: "A text", value: { relatesTo, text: "Your order has been sent.", id: "order-7-sent" } },
      ...(hasDialogs && {
        dialog: { summary: "The bot's default dialog", value: { relatesTo, text: "", dialog: "" } },
      }),
      user: {
        summary: "A user in Teams, who need not have written",
        value: {
          to: {
            channelId: "msteams",
            userId: "00000000-0000-0000-0000-000000000000",
            tenantId: "11111111-1111-1111-1111-111111111111",
          },
          text: "Welcome to the course!",
          id: "welcome-7",
        },
      },
      card: { summary: "A card", value: { relatesTo, attachments: [card] } },
      later: { summary: "Later", value: { relatesTo, text: "Good morning!", notBefore: "2030-01-01T07:00:00+01:00" } },
    },
    taken: { taken: { value: { id: "order-7-sent" } } },
    invalid: {
      missing: { value: { error: "text is missing: a message needs text, attachments or dialog", field: "text" } },
      forbiddenService: {
        value: {
          error: "relatesTo.serviceUrl is not an https host on the bot's allow-list",
          field: "relatesTo.serviceUrl",
        },
      },
      unknownDialog: { value: { error: refusalOf(dialogs, unknownDialog), field: "dialog" } },
    },
    unauthorized: { unauthorized: { value: { error: "Unauthorized" } } },
    tooLarge: {
      body: { value: { error: "Payload Too Large" } },
      message: {
        value: {
          error: "(message) is too large: 50000 bytes, at most 49152 are allowed",
          field: "(message)",
        },
      },
    },
    tooMany: { tooMany: { value: { error: "Too Many Requests" } } },
    unavailable: { unavailable: { value: { error: "Service Unavailable" } } },
  };
}

/** The bot's answer to a `dialog` that it does not know; undefined for one that it knows. */
function refusalOf(dialogs: Dialogs, dialog: string): string | undefined {
  try {
    dialogs.startedBy({ dialog });
    return undefined;
  } catch (error) {
    if (error instanceof InvalidMessageError) return error.message;
    throw error;
  }
}
