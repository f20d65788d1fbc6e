import { randomBytes } from "node:crypto";
import type { Account, Activity, StoredActivity } from "./activity";

/** What Direct Line clients receive: activities, and how far these bring the reader. */
export interface ActivitySet {
  activities: StoredActivity[];
  watermark: string;
}

/** Somebody who follows a conversation live. */
export interface Follower {
  received(set: ActivitySet): void;
  ended(): void;
}

/** An id that nobody can guess: whoever knows a conversation's id knows where to look for it. */
export function newConversationId(): string {
  return randomBytes(16).toString("hex");
}

/** One conversation of one bot: its members and what was said. Watermarks count the entries of its history. */
export class Conversation {
  readonly members = new Map<string, Account>();
  /** Milliseconds since 1970 of the last thing that happened. */
  lastUsed = Date.now();
  private sequence = 0;
  private readonly history: (StoredActivity | undefined)[] = [];
  private readonly followers = new Set<Follower>();

  constructor(
    readonly id: string,
    readonly botName: string,
  ) {}

  /** The watermark of a reader who has seen everything. */
  get watermark(): number {
    return this.history.length;
  }

  get isFollowed(): boolean {
    return this.followers.size > 0;
  }

  /** Takes an activity in: gives it its id and time, keeps it, and shows it to who follows. */
  append(activity: Activity): StoredActivity {
    this.sequence += 1;
    const id = `${this.id}|${String(this.sequence).padStart(7, "0")}`;
    const stored = { ...activity, id, timestamp: new Date().toISOString() };
    // Typing is of the moment: live followers see it, the history does not (as Direct Line documents).
    if (activity.type !== "typing") this.history.push(stored);
    this.show(stored);
    return stored;
  }

  /** Replaces an activity and shows the new one to who follows; undefined when there is none of that id. */
  replace(id: string, activity: Activity): StoredActivity | undefined {
    const index = this.history.findIndex((entry) => entry?.id === id);
    if (index < 0) return undefined;
    const stored = { ...activity, id, timestamp: new Date().toISOString() };
    this.history[index] = stored;
    this.show(stored);
    return stored;
  }

  /** Removes an activity from the history, leaving a gap so that watermarks stay valid. */
  remove(id: string): boolean {
    const index = this.history.findIndex((entry) => entry?.id === id);
    if (index < 0) return false;
    this.history[index] = undefined;
    return true;
  }

  since(watermark: number): ActivitySet {
    const activities = this.history.slice(watermark).filter((entry) => entry !== undefined);
    return { activities, watermark: String(this.watermark) };
  }

  /** Shows what came after the watermark, then everything as it comes; returns how to stop. */
  follow(watermark: number, follower: Follower): () => void {
    const missed = this.since(watermark);
    if (missed.activities.length > 0) follower.received(missed);
    this.followers.add(follower);
    return () => this.followers.delete(follower);
  }

  end(): void {
    for (const follower of this.followers) follower.ended();
    this.followers.clear();
  }

  private show(activity: StoredActivity): void {
    this.lastUsed = Date.now();
    const set = { activities: [activity], watermark: String(this.watermark) };
    for (const follower of this.followers) follower.received(set);
  }
}
