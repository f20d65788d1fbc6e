import assert from "node:assert/strict";
import { acknowledged, comingBack, texts } from "../flow/talk";
import { DirectLineClient } from "../harness/direct-line-client";

/** Somebody opens the bot's own page and says something; the bot must answer at once, and again when it is back from the queue. */
export async function roundTrip({ webChatUrl }: Record<string, string>, text: string): Promise<void> {
  const answer = await fetch(`${webChatUrl}/api/directline/token`, { method: "POST" });
  assert.equal(answer.status, 200);
  const { domain, token, userId } = (await answer.json()) as { domain: string; token: string; userId: string };
  const client = await DirectLineClient.open(domain, token, userId);
  try {
    await client.say(text);
    assert.deepEqual(texts(await client.waitFor(2)), [acknowledged(text), comingBack(text)]);
  } finally {
    client.close();
  }
}
