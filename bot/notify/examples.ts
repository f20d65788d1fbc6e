/** Where to speak, on the channel Direct Line. */
const relatesTo = {
  channelId: "directline",
  serviceUrl: "https://directline.botframework.com/",
  conversation: { id: "8a684db8" },
};

/** What the document shows, by status. A test sends the messages and provokes the refusals. */
export const examples = {
  messages: {
    text: { summary: "A text", value: { relatesTo, text: "Your order has been sent.", id: "order-7-sent" } },
    dialog: { summary: "A dialog", value: { relatesTo, text: "", dialog: "newSurvey" } },
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
    unknownDialog: {
      value: {
        error: 'dialog is not one of this bot\'s: "newSurvey", "oldSurvey", "learner", "" for "learner"',
        field: "dialog",
      },
    },
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
