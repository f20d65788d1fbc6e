import assert from "node:assert/strict";
import { replies } from "../../bot/replies";
import { mapConcurrent } from "../../core/promises";
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

/** Messages that a user has on their way at once: Direct Line waits 15 s for each, also on a busy machine. */
const sayingAtOnce = 3;

/** Each of so many conversations says so many messages at the same time as the others, and gets both answers to each once. */
export async function hearOwnMessagesBack(
  stack: { description: StackDescription },
  conversations: number,
  messages: number,
): Promise<void> {
  const converse = async (_: unknown, who: number) => {
    const client = await talk(stack);
    const said = Array.from({ length: messages }, (_, n) => `message ${n} of user ${who}`);
    await mapConcurrent(sayingAtOnce, said, (text) => client.say(text));
    const answers = texts(await client.waitFor(2 * said.length, messages * 4_000));
    assert.deepEqual(answers.sort(), [...said.map(acknowledged), ...said.map(comingBack)].sort());
    client.close();
  };
  await Promise.all(Array.from({ length: conversations }, converse));
}
