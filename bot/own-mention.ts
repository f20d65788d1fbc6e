import type { Activity } from "botbuilder";

/** As much of an activity's entity as is looked at; Direct Line lets its users write what they like here. */
interface Mention {
  type?: unknown;
  text?: unknown;
  mentioned?: { id?: unknown } | null;
}

/** The space after a mention; some of Teams' clients write it as HTML does. */
const spaceAfter = /^(?:\s|&nbsp;)+/;

/**
 * What a message says beside the bot's own name: in a group Teams lets a bot hear only what mentions it, `<at>Bot</at> new`.
 * botbuilder's `removeRecipientMention` removes the first mention only, and throws for an entity without its fields.
 */
export function textWithoutOwnMention({ text, entities, recipient }: Activity): string {
  const mentions = (entities ?? []) as (Mention | null)[];
  const own = mentions.filter((entity) => entity?.type === "mention" && entity.mentioned?.id === recipient?.id);
  const names = new Set(own.map((mention) => mention?.text));
  let rest = text;
  for (const name of names) if (name && typeof name === "string") rest = without(name, rest ?? "");
  return rest;
}

function without(name: string, text: string): string {
  const [before = "", ...after] = text.split(name);
  return [before, ...after.map((part) => part.replace(spaceAfter, ""))].join("").trim();
}
