import type { Activity, TurnContext } from "botbuilder";
import { isBlank } from "../core/message/queue-message";
import { textOf, type UserMessage } from "./channel/user-message";
import type { UserQueue } from "./proactive/user-queue";
import { replies } from "./replies";

/**
 * Answers a user's message that no dialog waits for: puts it on the queue, from where the function brings it back. Change
 * this function to make the bot do something else. Resolves to the reply. It runs again when the channel delivers a message
 * again, and the reply is not sent again; when it fails, the message counts as new.
 */
export async function onMessage(
  { activity }: TurnContext,
  message: UserMessage,
  queue: UserQueue,
): Promise<string | Partial<Activity>> {
  const text = textOf(message);
  if (isBlank(text)) return message.hasAttachments ? replies.attachmentOnly : replies.noText;
  await queue.add(activity, text);
  return replies.queued(text);
}
