import type { Activity } from "botbuilder";

/** How many activities of a conversation are remembered: a channel brings one again within a minute. */
const most = 20;

/** An activity of a user that a turn has taken on. Plain JSON. */
export interface Handled {
  /** Its `activityKey`. */
  key: string;
  /** When a turn took it on last, in ISO 8601. */
  at: string;
  /** What a dialog answered to it, until it is known to be said. */
  unsaid?: Partial<Activity>[];
  /** No dialog waited for it: it is for the queue. */
  isFree?: true;
}

/** The list with one more at its end, as long as it may be. */
export function remembering(handled: Handled[] = [], activity: Handled): Handled[] {
  return [...handled, activity].slice(-most);
}
