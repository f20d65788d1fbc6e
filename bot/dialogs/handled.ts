import type { Activity } from "botbuilder";

/** How many activities of a conversation are remembered: a channel brings one again within a minute. */
const most = 20;

/** An activity of a user that a turn has taken on. Plain JSON. */
export interface Handled {
  /** Its `activityKey`. */
  key: string;
  /** No dialog waited for it: it is for the queue. */
  isForQueue?: true;
  /** What a dialog answered, until it is known to be said, and when a turn set about saying it (ISO 8601). */
  saying?: { since: string; answer: Partial<Activity>[] };
}

/** The list with one more at its end, as long as it may be. */
export function remembering(handled: Handled[] = [], activity: Handled): Handled[] {
  return [...handled, activity].slice(-most);
}
