import type { Activity } from "botbuilder";

/** As much of an activity's entity as is looked at; Direct Line lets its users write what they like here. */
interface Mention {
  type?: unknown;
  text?: unknown;
  mentioned?: { id?: unknown; name?: unknown } | null;
}

/** The space after a mention; some of Teams' clients write it as HTML does. */
const spaceAfter = /^(?:\s|&nbsp;)+/;

/** The longest mention, in UTF-16 units, and the most spellings that are searched for: anyone can send large entities. */
const longest = 300;
const most = 10;

/**
 * What a message says beside the bot's own name: in a group Teams lets a bot hear only what mentions it, `<at>Bot</at> new`.
 * A mention without `text` is searched for by its name. Case does not matter.
 * botbuilder's `removeRecipientMention` removes the first mention only, and throws for an entity without its fields.
 */
export function textWithoutOwnMention({ text, entities, recipient }: Activity): string {
  let rest: string = typeof text === "string" ? text : "";
  if (!recipient?.id || !Array.isArray(entities)) return rest;
  const mentions = entities as (Mention | null)[];
  const own = mentions.filter((entity) => entity?.type === "mention" && entity.mentioned?.id === recipient.id);
  const spellings = own.flatMap((mention) => spellingsOf(mention as Mention, recipient.name));
  for (const spelling of [...new Set(spellings)].slice(0, most)) rest = without(spelling, rest);
  return rest;
}

/** The forms in which a mention may stand in the text. */
function spellingsOf({ text, mentioned }: Mention, ownName: unknown): string[] {
  const quoted = isUsable(text) ? [text] : [];
  if (quoted.length > 0) return quoted;
  return [mentioned?.name, ownName].filter(isUsable).map((name) => `<at>${name}</at>`);
}

function isUsable(text: unknown): text is string {
  return typeof text === "string" && text !== "" && text.length <= longest;
}

function without(mention: string, text: string): string {
  const literal = mention.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const [before = "", ...after] = text.split(new RegExp(literal, "i"));
  if (after.length === 0) return text;
  return [before, ...after.map((part) => part.replace(spaceAfter, ""))].join("").trim();
}
