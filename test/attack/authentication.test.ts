import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { generateKeyPair, SignJWT } from "jose";
import { talk } from "../flow/talk";
import { type RunningStack, startStack } from "../harness/running-stack";
import { trustStack } from "../harness/trust-stack";

let stack: RunningStack;
before(async () => {
  stack = await startStack();
  trustStack(stack);
});
after(() => stack?.stop());

/** An activity that the bot would answer, if it came from a channel. */
function activity(conversationId: string) {
  const { outputs, local } = stack.description;
  return {
    type: "message",
    id: "1",
    text: "let me in",
    channelId: "directline",
    serviceUrl: local.directLine.serviceUrl,
    conversation: { id: conversationId },
    from: { id: "stranger" },
    recipient: { id: outputs.botName },
  };
}

async function knock(authorization: string | undefined, conversationId: string): Promise<number> {
  const response = await fetch(String(stack.description.outputs.botEndpoint), {
    method: "POST",
    headers: { "content-type": "application/json", ...(authorization && { authorization }) },
    body: JSON.stringify(activity(conversationId)),
  });
  return response.status;
}

/** A token in all like a channel's, but for its signature. */
async function forged(): Promise<string> {
  const { serviceUrl } = stack.description.local.directLine;
  const metadata = await fetch(`${serviceUrl}v1/.well-known/openidconfiguration`).then((r) => r.json());
  const { issuer, jwks_uri } = metadata as { issuer: string; jwks_uri: string };
  const { keys } = (await fetch(jwks_uri).then((r) => r.json())) as { keys: { kid: string }[] };
  const { privateKey } = await generateKeyPair("RS256");
  return new SignJWT({ serviceurl: serviceUrl })
    .setProtectedHeader({ alg: "RS256", kid: keys[0]?.kid })
    .setIssuer(issuer)
    .setAudience("11111111-2222-3333-4444-555555555555")
    .setExpirationTime("5m")
    .sign(privateKey);
}

test("nobody but a channel can post to the bot", async () => {
  const client = await talk(stack);
  const knocks = [undefined, "Bearer", "Bearer garbage", "Basic dXNlcjpwYXNz", `Bearer ${await forged()}`];
  for (const authorization of knocks) {
    assert.equal(await knock(authorization, client.conversationId), 401, `with ${authorization?.slice(0, 20)}`);
  }
  await client.say("hello");
  await client.waitFor(2);
  assert.equal(client.received.length, 2, "only the user of the conversation was answered");
  client.close();
});
