import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { AppName } from "../../local/cloud/local-cloud";
import { comingBack, talk } from "../flow/talk";
import { OwnStack } from "../harness/own-stack";

/** Milliseconds: a deferred message waits longer each time, and an app looks for a new secret at most every ten seconds. */
const patience = 120_000;

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
before(async () => {
  stack = await OwnStack.up();
});
after(() => stack?.down());

async function roundTrip(text: string): Promise<void> {
  const client = await talk(stack);
  await client.say(text);
  await client.waitFor((activity) => activity.text === comingBack(text), patience);
  client.close();
}

function rotate(name: string, value: string): void {
  const [vault] = stack.cloud.vaults.values();
  assert.ok(vault);
  vault.secrets.set(name, value);
}

function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

/** The same code and settings in a new process, which knows only the new secret. */
async function restart(app: AppName): Promise<void> {
  const site = stack.cloud.apps.get(app);
  assert.ok(site);
  await site.restart();
  for (let i = 0; i < 1200; i++) {
    const ready = await fetch(`https://${site.hostName}/readyz`).catch(() => undefined);
    if (ready?.status === 200) return;
    await sleep(50);
  }
  assert.fail(`the ${app} did not come back`);
}

test("a webhook secret that the bot learns first loses no message: the function reads it again and signs anew", async () => {
  await roundTrip("before");
  rotate("webhook", newWebhookSecret());
  await restart("bot");
  stack.log = "";
  await roundTrip("signed with the old secret at first");
  assert.match(stack.log, /function \| .*was deferred: Direct Line answered 502/);
  stack.log = "";
  await roundTrip("signed with the new secret");
  assert.doesNotMatch(stack.log, /deferred/);
});

test("a webhook secret that the function learns first is read again by the bot", async () => {
  rotate("webhook", newWebhookSecret());
  await restart("function");
  await roundTrip("signed with a secret that is new to the bot");
});

test("a new Direct Line key needs no restart", async () => {
  const bot = String(stack.description.outputs.botName);
  stack.cloud.botService.disableDirectLine(bot); // its conversations end, too
  const { key } = stack.cloud.botService.enableDirectLine(bot);
  rotate("direct-line", key);
  stack.description.local.directLine.secret = key;
  await roundTrip("through a conversation that the new key opened");
  const token = await fetch(`${stack.description.local.bot}/api/directline/token`, { method: "POST" });
  assert.equal(token.status, 200);
});
