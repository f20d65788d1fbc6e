import { type Activity, ActivityTypes } from "botbuilder";
import type { Reply } from "../dialogs/engine/dialog";
import { asText } from "../words";
import { textWithoutOwnMention } from "./own-mention";

/** The name of the invoke that the channel sends for a card's Action.Execute. */
const cardAction = "adaptiveCard/action";

/** Teams sends each text as an HTML attachment too. */
const markup = "text/html";

/** A user's message. Channels let users write anything into an activity, so fields of a wrong type count as absent. */
export interface UserMessage extends Reply {
  /** Whether it has pictures or files. */
  hasAttachments: boolean;
}

/** Whether a user pressed a card's Action.Execute. A card that refreshes itself sends the same invoke as `automatic`. */
export function isCardAction({ type, name, value }: Activity): boolean {
  return (
    type === ActivityTypes.Invoke && name === cardAction && isRecord(value?.action) && value.trigger !== "automatic"
  );
}

/**
 * Reads a message, or the invoke of a card's Action.Execute, whose value is `{action: {verb, data}}`.
 * Source: learn.microsoft.com/adaptive-cards/authoring-cards/universal-action-model
 */
export function readUserMessage(activity: Activity): UserMessage {
  if (!isCardAction(activity)) return read(activity, activity.value);
  const { data, verb } = activity.value.action;
  return { ...read(activity, data), ...(typeof verb === "string" && { verb }) };
}

function read(activity: Activity, submitted: unknown): UserMessage {
  const value = isRecord(submitted) ? submitted : undefined;
  const answer = value && Object.hasOwn(value, "answer") ? value.answer : submitted;
  const text = textWithoutOwnMention(activity) || asText(answer);
  return { text, ...(value && { value }), hasAttachments: hasAttachments(activity) };
}

function hasAttachments({ attachments }: Activity): boolean {
  const list: unknown[] = Array.isArray(attachments) ? attachments : [];
  return list.some((one) => isRecord(one) && one.contentType !== markup);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
