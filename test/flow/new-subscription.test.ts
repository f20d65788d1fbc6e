import assert from "node:assert/strict";
import { test } from "node:test";
import { OwnStack } from "../harness/own-stack";
import { comingBack, talk, texts } from "./talk";

test("a new subscription, in which Azure makes no Direct Line with a bot, comes up and the bot answers", async () => {
  const stack = await OwnStack.up({}, { registeredProviders: "none", directLineWithBot: false });
  try {
    const client = await talk(stack);
    await client.say("hello");
    assert.equal(texts(await client.waitFor(2))[1], comingBack("hello"));
    client.close();
    assert.match(stack.log, /The resource provider Microsoft\.BotService was registered/);
  } finally {
    await stack.down();
  }
});
