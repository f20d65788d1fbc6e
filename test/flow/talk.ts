import type { StackDescription } from "../../local/stack-description";
import { type Activity, DirectLineClient, type DirectLineOptions } from "../harness/direct-line-client";

/** A user's conversation with a running stack's bot. */
export function talk(stack: { description: StackDescription }, options?: DirectLineOptions): Promise<DirectLineClient> {
  const { domain, secret } = stack.description.local.directLine;
  return DirectLineClient.open(domain, secret, "user", options);
}

export function texts(activities: Activity[]): string[] {
  return activities.map(({ text }) => text ?? "");
}

/** What the bot says at once. */
export function acknowledged(text: string): string {
  return `You said ${text}. Your message has been added to a queue, and it will be sent back to you via a Function shortly.`;
}

/** What it says when the message is back from the queue. */
export function comingBack(text: string): string {
  return `This is coming back from the trigger! ${text}`;
}
