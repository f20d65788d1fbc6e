import { type Activity, ActivityTypes } from "botbuilder";
import { isDeletion } from "./teams-place";

/** The users who can no longer be reached in an activity's conversation: everyone, or those of these ids. */
export type Departure = "everyone" | ReadonlySet<string>;

/** Teams sends `remove-upgrade` when a new version takes the bot away. botbuilder's ActivityHandler treats both alike. */
const removals = ["remove", "remove-upgrade"];

/** Reads a departure from an installationUpdate or a conversationUpdate; a message's own fields remove nobody. */
export function departureIn(activity: Activity): Departure | undefined {
  const { type, action, recipient } = activity;
  if (type === ActivityTypes.InstallationUpdate) return removals.includes(action ?? "") ? "everyone" : undefined;
  if (type !== ActivityTypes.ConversationUpdate) return undefined;
  if (isDeletion(activity)) return "everyone";
  const removed = removedMembers(activity);
  if (recipient?.id && removed.has(recipient.id)) return "everyone";
  return removed.size > 0 ? removed : undefined;
}

function removedMembers({ membersRemoved }: Activity): Set<string> {
  const members: unknown[] = Array.isArray(membersRemoved) ? membersRemoved : [];
  const ids = members.map((member) => (member as { id?: unknown } | null)?.id);
  return new Set(ids.filter((id) => typeof id === "string"));
}
