import { createHash } from "node:crypto";
import type { Activity } from "botbuilder";

/**
 * The same for an activity however often its channel brings it, and for no other: 43 letters, digits, `-` and `_`, made of
 * channel, conversation and activity id. Undefined for an activity without an id.
 */
export function activityKey({ channelId, conversation, id }: Activity): string | undefined {
  if (typeof id !== "string" || !id) return undefined;
  return createHash("sha256")
    .update(JSON.stringify([channelId, conversation.id, id]))
    .digest("base64url");
}
