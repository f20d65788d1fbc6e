import { createHash } from "node:crypto";
import type { Activity } from "botbuilder";

/**
 * Identifies an activity when its channel delivers it again: a hash of channel, conversation and activity id, 43 characters
 * of `A-Za-z0-9-_`. Undefined for an activity without an id.
 */
export function activityKey({ channelId, conversation, id }: Activity): string | undefined {
  if (typeof id !== "string" || !id) return undefined;
  return createHash("sha256")
    .update(JSON.stringify([channelId, conversation.id, id]))
    .digest("base64url");
}
