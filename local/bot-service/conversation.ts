import { randomBytes } from "node:crypto";
import type { Account, Activity, StoredActivity } from "./activity";

/** Activities as Direct Line clients receive them, with the watermark after the last one. */
export interface ActivitySet {
  activities: StoredActivity[];
  watermark: string;
}

/** A client that receives a conversation's activities as they arrive. */
export interface Follower {
  received(set: ActivitySet): void;
  ended(): void;
}

/** 32 random hexadecimal digits, so that a conversation's id cannot be guessed. */
export function newConversationId(): string {
  return randomBytes(16).toString("hex");
}

/** One conversation of one bot, with its members and its history. Watermarks count the entries of the history. */
export class Conversation {
  readonly members = new Map<string, Account>();
  /** Time of the last use, in milliseconds since the epoch. */
  lastUsed = Date.now();
  private sequence = 0;
  private readonly history: (StoredActivity | undefined)[] = [];
  private readonly followers = new Set<Follower>();

  constructor(
    readonly id: string,
    readonly botName: string,
  ) {}

  /** The watermark of a client that has received everything. */
  get watermark(): number {
    return this.history.length;
  }

  get isFollowed(): boolean {
    return this.followers.size > 0;
  }

  /** Gives an activity its id and time, stores it, and sends it to the followers. */
  append(activity: Activity): StoredActivity {
    this.sequence += 1;
    const id = `${this.id}|${String(this.sequence).padStart(7, "0")}`;
    const stored = { ...activity, id, timestamp: new Date().toISOString() };
    // Direct Line documents that a typing activity reaches live clients and is not part of the history.
    if (activity.type !== "typing") this.history.push(stored);
    this.notify(stored);
    return stored;
  }

  /** Replaces an activity and sends the new one to the followers. Undefined when the id is unknown. */
  replace(id: string, activity: Activity): StoredActivity | undefined {
    const index = this.history.findIndex((entry) => entry?.id === id);
    if (index < 0) return undefined;
    const stored = { ...activity, id, timestamp: new Date().toISOString() };
    this.history[index] = stored;
    this.notify(stored);
    return stored;
  }

  /** Removes an activity from the history. A gap remains, so that watermarks stay valid. */
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

  /** Sends the activities after the watermark, then each new one. Returns a function that ends this. */
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

  private notify(activity: StoredActivity): void {
    this.lastUsed = Date.now();
    const set = { activities: [activity], watermark: String(this.watermark) };
    for (const follower of this.followers) follower.received(set);
  }
}
