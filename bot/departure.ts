import { type Activity, ActivityTypes } from "botbuilder";
import { isDeletion } from "./teams-place";

/** Who can no longer be reached where an activity comes from: everyone, or the users of these ids. */
export type Departure = "everyone" | ReadonlySet<string>;

/** Teams reports an upgrade that takes the bot out of a scope as `remove-upgrade`; botbuilder's ActivityHandler treats both alike. */
const removals = ["remove", "remove-upgrade"];

/** What an activity says of who has gone; undefined: nobody has. Only what channels report counts, no field of a message. */
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
