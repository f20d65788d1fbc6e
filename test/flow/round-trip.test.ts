import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { connect } from "../harness/direct-line-js";
import { type RunningStack, startStack } from "../harness/running-stack";
import { trustStack } from "../harness/trust-stack";
import { acknowledged, comingBack, hearOwnMessagesBack, talk, texts } from "./talk";

let stack: RunningStack;
before(async () => {
  stack = await startStack();
  trustStack(stack);
});
after(() => stack?.stop());

test("hello is answered twice, by REST", async () => {
  const client = await talk(stack, { pollEvery: 50 });
  await client.say("hello");
  assert.deepEqual(texts(await client.waitFor(2)), [acknowledged("hello"), comingBack("hello")]);
  client.close();
});

for (const webSocket of [true, false]) {
  test(`hello is answered twice, by DirectLineJS ${webSocket ? "over a WebSocket" : "polling"}`, async () => {
    const { domain, secret } = stack.description.local.directLine;
    const { client, seen } = connect({ secret, domain, webSocket, pollingInterval: 200 });
    const from = { id: "user" };
    client.postActivity({ type: "message", from, text: "hello" }).subscribe();
    await new Promise<void>((resolve) => {
      client.activity$.subscribe({ next: () => seen.length >= 3 && resolve(), error: () => {} });
    });
    const answers = seen.filter((activity) => activity.from.id !== from.id) as { text?: string }[];
    assert.deepEqual(
      answers.map(({ text }) => text),
      [acknowledged("hello"), comingBack("hello")],
    );
    client.end();
  });
}

test("what a user types comes back as it was typed", async () => {
  const client = await talk(stack);
  const typed = [`<b>&amp;</b> "quoted" 'too'`, "ünï¢ødé 👋🏽 \u0001 \uFFFF", "line\r\nbreak\ttab", "{}", "123"];
  for (const [index, text] of typed.entries()) {
    await client.say(text);
    await client.waitFor(2 * (index + 1));
  }
  assert.deepEqual(
    texts(client.received),
    typed.flatMap((text) => [acknowledged(text), comingBack(text)]),
  );
  client.close();
});

test("a text that is too large for the queue gets a clear answer", async () => {
  const client = await talk(stack);
  await client.say("x".repeat(60_000));
  const answers = texts(await client.waitFor(1));
  assert.deepEqual(answers, ["Your message is too long for the queue. Please send a shorter one."]);
  client.close();
});

test("ten conversations with fifteen messages each get every message back once, each its own", () =>
  hearOwnMessagesBack(stack, 10, 15));

test("the apps are healthy, ready and what was packaged", async () => {
  const { bot, function: functionApp } = stack.description.local;
  for (const url of [bot, functionApp]) {
    const health = (await (await fetch(`${url}/healthz`)).json()) as { status: string; version: string };
    assert.equal(health.status, "ok");
    assert.match(health.version, /^[0-9a-f]{64}$/);
    assert.deepEqual(await (await fetch(`${url}/readyz`)).json(), { status: "ready" });
  }
});
