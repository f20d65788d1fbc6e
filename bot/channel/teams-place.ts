import { odata } from "@azure/data-tables";
import { type Activity, ActivityTypes, Channels } from "botbuilder";

/** As much of Teams' `channelData` as is read; other channels may put anything there. */
interface TeamsChannelData {
  eventType?: unknown;
  team?: { id?: unknown } | null;
  channel?: { id?: unknown } | null;
}

/**
 * A team or a channel of one. Each channel is a conversation of its own, and so is each of its threads:
 * `19:…@thread.tacv2;messageid=…`. A team has the id of its first channel.
 */
export interface TeamsPlace {
  /** The id of a channel, without a thread's message id. */
  channel: string;
  /** The team, where it is all of its channels. */
  team?: string;
}

/** The id of the team that an activity comes from, if Teams says one. */
export function teamOf(activity: Activity): string | undefined {
  return idOf(channelDataOf(activity).team);
}

/** The team or channel that an activity reports a change of; undefined outside of teams. */
export function placeOf(activity: Activity): TeamsPlace | undefined {
  const team = teamOf(activity);
  if (team === undefined) return undefined;
  const { channel } = channelDataOf(activity);
  const changed = idOf(channel) ?? withoutThread(activity.conversation.id);
  return isOfChannel(activity) ? { channel: changed } : { channel: team, team };
}

/**
 * Whether the activity reports that its team or channel was deleted. Archived teams still exist, and a new name changes no
 * id. Source: learn.microsoft.com/microsoftteams/platform/bots/how-to/conversations/subscribe-to-conversation-events
 */
export function isDeletion(activity: Activity): boolean {
  const { eventType } = channelDataOf(activity);
  return (
    activity.type === ActivityTypes.ConversationUpdate &&
    ["teamDeleted", "teamHardDeleted", "channelDeleted"].includes(String(eventType))
  );
}

/** The filter for the rows of `references` that are in a place. Rows of before the column `teamId` are found by their thread. */
export function inPlace({ channel, team }: TeamsPlace): string {
  const [from, to] = [`${channel};`, `${channel}<`]; // "<" comes after ";"
  const thread = odata`conversationId eq ${channel} or (conversationId ge ${from} and conversationId lt ${to})`;
  const anywhere = team === undefined ? thread : `${odata`teamId eq ${team}`} or ${thread}`;
  return `${odata`channelId eq ${Channels.Msteams}`} and (${anywhere})`;
}

/** Of a channel alone: `channelDeleted`, or `channelMemberRemoved` of a private one. */
function isOfChannel(activity: Activity): boolean {
  return String(channelDataOf(activity).eventType).startsWith("channel");
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
