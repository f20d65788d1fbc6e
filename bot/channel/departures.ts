import { type Activity, ActivityTypes, Channels } from "botbuilder";

/** The users who can no longer be reached in an activity's conversation: everyone, or the users with these ids. */
export type Departure = "everyone" | ReadonlySet<string>;

/** Teams sends `remove-upgrade` when a new version takes the bot away. botbuilder's ActivityHandler treats both alike. */
const removals = ["remove", "remove-upgrade"];

/**
 * The events that report a deleted team or channel. Archived teams still exist, and a new name changes no id.
 * Source: learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/subscribe-to-conversation-events
 */
const deletions = ["teamDeleted", "teamHardDeleted", "channelDeleted"];

/** Reads a departure from an installationUpdate or a conversationUpdate; a message's own fields remove nobody. */
export function departureIn(activity: Activity): Departure | undefined {
  const { type, action, recipient } = activity;
  if (type === ActivityTypes.InstallationUpdate) return removals.includes(action ?? "") ? "everyone" : undefined;
  if (type !== ActivityTypes.ConversationUpdate) return undefined;
  if (deletions.includes(String(channelDataOf(activity).eventType))) return "everyone";
  const removed = removedMembers(activity);
  if (recipient?.id && removed.has(recipient.id)) return "everyone";
  return removed.size > 0 ? removed : undefined;
}

/**
 * A team, or one of its channels. Each channel is a conversation, and so is each of its threads:
 * `19:…@thread.tacv2;messageid=…`. A team has the id of its first channel.
 */
export interface TeamsPlace {
  /** The id of a channel, without a thread's message id. */
  channel: string;
  /** The team, where the place is all of its channels. */
  team?: string;
}

/** The team or channel that an activity reports a change of; undefined outside of teams. */
export function placeOf(activity: Activity): TeamsPlace | undefined {
  const team = teamOf(activity);
  if (team === undefined) return undefined;
  const { channel, eventType } = channelDataOf(activity);
  // `channelDeleted`, or `channelMemberRemoved` of a private channel
  if (!String(eventType).startsWith("channel")) return { channel: team, team };
  return { channel: idOf(channel) ?? withoutThread(activity.conversation.id) };
}

/** The id of the team that an activity comes from, if Teams gives one. */
export function teamOf(activity: Activity): string | undefined {
  return idOf(channelDataOf(activity).team);
}

/** The fields of Teams' `channelData` that are read; other channels may put anything there. */
interface TeamsChannelData {
  eventType?: unknown;
  team?: { id?: unknown } | null;
  channel?: { id?: unknown } | null;
}

function channelDataOf({ channelId, channelData }: Activity): TeamsChannelData {
  return channelId === Channels.Msteams && channelData && typeof channelData === "object" ? channelData : {};
}

function idOf(named: { id?: unknown } | null | undefined): string | undefined {
  const id = named?.id;
  return typeof id === "string" && id ? id : undefined;
}

function withoutThread(conversationId: string): string {
  return conversationId.split(";")[0] ?? conversationId;
}

function removedMembers({ membersRemoved }: Activity): Set<string> {
  const members: unknown[] = Array.isArray(membersRemoved) ? membersRemoved : [];
  const ids = members.map((member) => (member as { id?: unknown } | null)?.id);
  return new Set(ids.filter((id) => typeof id === "string"));
}
