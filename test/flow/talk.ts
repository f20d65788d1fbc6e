import assert from "node:assert/strict";
import { replies } from "../../bot/replies";
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

/** What the bot says at once, and what it says when the message is back from the queue. */
export const { queued: acknowledged, proactiveText: comingBack } = replies;

/**
 * Each of so many conversations says so many messages at the same time as the others, and gets both answers to each once. A conversation has
 * one message under way at a time: Direct Line waits 15 s for each, also on a busy machine.
 */
export async function hearOwnMessagesBack(
  stack: { description: StackDescription },
  conversations: number,
  messages: number,
): Promise<void> {
  const converse = async (_: unknown, who: number) => {
    const client = await talk(stack);
    const said = Array.from({ length: messages }, (_, n) => `message ${n} of user ${who}`);
    for (const text of said) await client.say(text);
    const answers = texts(await client.waitFor(2 * said.length, messages * 4_000));
    assert.deepEqual(answers.sort(), [...said.map(acknowledged), ...said.map(comingBack)].sort());
    client.close();
  };
  await Promise.all(Array.from({ length: conversations }, converse));
}
