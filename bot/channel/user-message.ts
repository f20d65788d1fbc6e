import { createHash } from "node:crypto";
import { type Activity, ActivityTypes } from "botbuilder";
import { asText } from "../text-forms";

/** The name of the invoke that the channel sends for a card's Action.Execute. */
const cardAction = "adaptiveCard/action";

/** Teams sends each text as an HTML attachment too. */
const markup = "text/html";

/** A user's message. Channels let users write anything into an activity, so fields of a wrong type count as absent. */
export interface UserMessage {
  /** The user's words or, for a card, the `answer` in its data; empty where there is neither. */
  text: string;
  /** The card's data: its button's `data`, and its inputs by their ids. */
  value?: Record<string, unknown>;
  /** The `verb` of an Action.Execute. */
  verb?: string;
  /** Whether it has pictures or files. */
  hasAttachments: boolean;
}

/**
 * Identifies an activity that its channel delivers again: a hash of channel, conversation and activity id, 43 characters of
 * `A-Za-z0-9-_`. Undefined for an activity without an id.
 */
export function activityKey({ channelId, conversation, id }: Activity): string | undefined {
  if (typeof id !== "string" || !id) return undefined;
  return createHash("sha256")
    .update(JSON.stringify([channelId, conversation.id, id]))
    .digest("base64url");
}

/** A message's text in valid Unicode or, where it has none, the data of its card as JSON; empty where there is neither. */
export function textOf({ text, value }: UserMessage): string {
  return Buffer.from(text || (value ? jsonOf(value) : "")).toString(); // half a surrogate pair fits no queue message
}

/** Empty for data that is nested too deeply: JavaScript reads more levels than it can write. */
function jsonOf(value: object): string {
  try {
    return JSON.stringify(value);
  } catch {
    return "";
  }
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

/** The fields of an activity's entity that are read; Direct Line lets its users write anything here. */
interface Mention {
  type?: unknown;
  text?: unknown;
  mentioned?: { id?: unknown; name?: unknown } | null;
}

/** The space after a mention; some of Teams' clients write it as HTML. */
const spaceAfter = /^(?:\s|&nbsp;)+/;

/** Limits, because anyone can send large entities: the longest mention in UTF-16 units, and the number of its spellings. */
const longestMention = 300;
const mostSpellings = 10;

/**
 * A message's text without mentions of the bot: in a group Teams sends a bot only messages that mention it, `<at>Bot</at> new`.
 * A mention without `text` is searched for by its name. Case does not matter.
 * botbuilder's `removeRecipientMention` removes the first mention only, and throws for an entity without its fields.
 */
function textWithoutOwnMention({ text, entities, recipient }: Activity): string {
  let rest: string = typeof text === "string" ? text : "";
  if (!recipient?.id || !Array.isArray(entities)) return rest;
  const mentions = entities as (Mention | null)[];
  const own = mentions.filter((entity) => entity?.type === "mention" && entity.mentioned?.id === recipient.id);
  const spellings = own.flatMap((mention) => spellingsOf(mention as Mention, recipient.name));
  for (const spelling of [...new Set(spellings)].slice(0, mostSpellings)) rest = without(spelling, rest);
  return rest;
}

/** The forms in which a mention may stand in the text. */
function spellingsOf({ text, mentioned }: Mention, ownName: unknown): string[] {
  const quoted = isUsable(text) ? [text] : [];
  if (quoted.length > 0) return quoted;
  return [mentioned?.name, ownName].filter(isUsable).map((name) => `<at>${name}</at>`);
}

function isUsable(text: unknown): text is string {
  return typeof text === "string" && text !== "" && text.length <= longestMention;
}

function without(mention: string, text: string): string {
  const literal = mention.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const [before = "", ...after] = text.split(new RegExp(literal, "i"));
  if (after.length === 0) return text;
  return [before, ...after.map((part) => part.replace(spaceAfter, ""))].join("").trim();
}
