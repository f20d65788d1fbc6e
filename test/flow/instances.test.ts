import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { QueueClient } from "@azure/storage-queue";
import { operatorCredential } from "../../cli/stack/operator-credential";
import { mapConcurrent } from "../../core/promises";
import type { AppName } from "../../local/cloud/local-cloud";
import { eventually, patience } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { acknowledged, comingBack, talk, texts } from "./talk";

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
before(async () => {
  stack = await OwnStack.up({ instances: "2" });
});
after(() => stack?.down());

/** How many requests each instance of an app was given so far. */
function requests(app: AppName): number[] {
  return stack.cloud.apps.get(app)?.instances.map((instance) => instance.requests) ?? [];
}

/** The number of the one instance that was given a request since. */
function turnedTo(before: number[]): number {
  const now = requests("bot");
  const grown = now.flatMap((count, index) => (count > (before[index] ?? 0) ? [index] : []));
  assert.deepEqual(
    now.map((count, index) => count - (before[index] ?? 0)).sort(),
    [0, 1],
    "one request, to one instance",
  );
  return grown[0] ?? -1;
}

test("two processes of each app run behind one address, and both get requests", async () => {
  const pids = (["bot", "function"] as const).map((app) => stack.cloud.apps.get(app)?.instances.map(({ pid }) => pid));
  assert.equal(new Set(pids.flat()).size, 4);
  const versions = await Promise.all(
    [1, 2].map(async () => (await fetch(`${stack.description.local.bot}/healthz`)).json()),
  );
  assert.deepEqual(versions[0], versions[1]);
  for (const count of requests("bot")) assert.ok(count > 0);
});

test("every message is answered once and comes back once, whichever instance has it", async () => {
  const before = requests("bot");
  const user = async (_: unknown, who: number) => {
    const client = await talk(stack);
    const said = Array.from({ length: 20 }, (_, n) => `message ${n} of user ${who}`);
    await mapConcurrent(2, said, (text) => client.say(text)); // Direct Line waits 15 s for each
    const answers = texts(await client.waitFor(2 * said.length, patience));
    assert.deepEqual(answers.sort(), [...said.map(acknowledged), ...said.map(comingBack)].sort());
    client.close();
  };
  await Promise.all(Array.from({ length: 4 }, user));
  requests("bot").forEach((count, index) => {
    assert.ok(count - (before[index] ?? 0) > 50, `instance ${index} had its share`);
  });
  // Each Functions host holds a conversation of its own with the bot, and both empty the queue.
  const runs = () => stack.log.match(/function \| .*Executed 'Functions.forward' \(Succeeded/g)?.length ?? 0;
  await eventually("a run for each message", () => runs() >= 80);
});

test("a survey goes on when each of its turns hits another instance than the one before", async () => {
  const client = await talk(stack);
  await client.say("new");
  await client.waitFor(3, patience); // the acknowledgement, the opening, the first question
  const turns: number[] = [];
  for (const [answer, question] of [
    ["A little", /^How many hours a week/],
    ["3", /^What would you like/],
    ["To swim", /^Is that right/],
    ["Yes", /^Thank you! Your answers are kept/],
  ] as const) {
    const before = requests("bot");
    await client.say(answer);
    await client.waitFor(({ text = "" }) => question.test(text), patience);
    turns.push(turnedTo(before));
  }
  const [first = 0] = turns;
  assert.deepEqual(turns, [first, 1 - first, first, 1 - first]);
  client.close();
});

test("many messages that start one survey at once ask once, though both instances have them", async () => {
  const client = await talk(stack);
  const relatesTo = {
    user: { id: client.userId },
    bot: { id: stack.description.outputs.botName },
    conversation: { id: client.conversationId },
    channelId: "directline",
    serviceUrl: stack.description.local.directLine.serviceUrl,
  };
  const queue = new QueueClient(String(stack.description.outputs.queueUrl), operatorCredential(stack.description));
  const done = () => stack.log.match(/"event":"dialog (started|had begun already)"/g)?.length ?? 0;
  const before = done();
  await Promise.all(Array.from({ length: 8 }, () => queue.sendMessage(JSON.stringify({ relatesTo, text: "new" }))));
  await eventually("what each of the messages came to", () => done() >= before + 8);
  assert.equal(client.received.filter(({ text = "" }) => text.startsWith("Welcome to the course!")).length, 1);
  client.close();
});

test("a rotated webhook secret reaches both instances of both apps, and no message is lost", async () => {
  const [vault] = stack.cloud.vaults.values();
  vault?.secrets.set("webhook", `whsec_${randomBytes(32).toString("base64")}`);
  const client = await talk(stack);
  const said = Array.from({ length: 12 }, (_, n) => `after the rotation ${n}`);
  for (const text of said) await client.say(text);
  const answers = texts(await client.waitFor(2 * said.length, 2 * patience));
  assert.deepEqual(answers.sort(), [...said.map(acknowledged), ...said.map(comingBack)].sort());
  client.close();
});

test("an instance that is killed loses nothing: the other one answers", async () => {
  const site = stack.cloud.apps.get("bot");
  const pid = site?.instances[0]?.pid;
  assert.ok(pid);
  process.kill(pid, "SIGKILL");
  await eventually("one instance is left", () => site?.instances.length === 1);
  const client = await talk(stack);
  await client.say("hello");
  assert.deepEqual(texts(await client.waitFor(2, patience)), [acknowledged("hello"), comingBack("hello")]);
  client.close();
});
