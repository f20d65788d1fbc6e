import assert from "node:assert/strict";
import { test } from "node:test";
import type { AzureBehaviour } from "../../local/cloud/azure-behaviour";
import { OwnStack } from "../harness/own-stack";
import { comingBack, talk, texts } from "./talk";

/** Everything at once in which Azure may be other than most people meet it. */
const unusual: AzureBehaviour = {
  registeredProviders: "none",
  directLineWithBot: false,
  refusedAudiences: ["https://appservice.azure.com"],
};

test("a new subscription without Direct Line and without tokens for App Service comes up, and the bot answers", async () => {
  const stack = await OwnStack.up({}, unusual);
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
