import type { Activity } from "botbuilder";

/** The most activities of a conversation that are remembered. Channels deliver one again within a minute. */
const most = 20;

/** A user's activity that a turn has handled. Plain JSON. */
export interface Handled {
  /** Its `activityKey`. */
  key: string;
  /** No dialog waited for it, so it goes to the queue. */
  isForQueue?: true;
  /** A dialog's answer until it has been sent, and since when a turn has been sending it (ISO 8601). */
  saying?: { since: string; answer: Partial<Activity>[] };
}

/** The list with one more activity, without those that are too many. */
export function remembering(handled: Handled[] = [], activity: Handled): Handled[] {
  return [...handled, activity].slice(-most);
}
