import { type Activity, ActivityTypes } from "botbuilder";
import type { Reply } from "./dialogs/dialog";
import { textWithoutOwnMention } from "./own-mention";

/** The name of the invoke that a card's Action.Execute sends. */
const cardAction = "adaptiveCard/action";

/** Beside a text, Teams sends the same as HTML. */
const markup = "text/html";

/** What a user sent, whatever their channel lets them write into an activity. */
export interface UserMessage extends Reply {
  /** Whether it has pictures or files. */
  hasAttachments: boolean;
}

/** A card that refreshes itself sends an invoke as well, without anybody having pressed a button. */
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

/** A text or a number as text; anything else is no answer. */
export function asText(answer: unknown): string {
  return typeof answer === "string" || typeof answer === "number" ? String(answer) : "";
}

function hasAttachments({ attachments }: Activity): boolean {
  const list: unknown[] = Array.isArray(attachments) ? attachments : [];
  return list.some((one) => isRecord(one) && one.contentType !== markup);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
