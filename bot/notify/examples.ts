import { InvalidMessageError } from "../../core/message/invalid-message";
import type { Dialogs } from "../state/conversations";

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
