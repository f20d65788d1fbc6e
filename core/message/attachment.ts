import { z } from "zod";
import { name } from "./text";

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

export const attachments = z
  .array(attachment)
  .min(1, "expected at least one attachment")
  .max(mostAttachments, `expected at most ${mostAttachments} attachments`);

export type Attachment = z.infer<typeof attachment>;
