import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { TableClient } from "@azure/data-tables";
import { QueueClient } from "@azure/storage-queue";
import { operatorCredential } from "../../cli/stack/operator-credential";
import { deliveriesTable, directLineSecret } from "../../core/names";
import type { Delivery } from "../../core/tables/deliveries";
import { eventually, patience } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { acknowledged, comingBack, talk, texts } from "./talk";

/** A stack whose function reaches the bot by its own API. */
let stack: Awaited<ReturnType<typeof OwnStack.up>>;
let credential: ReturnType<typeof operatorCredential>;
before(async () => {
  stack = await OwnStack.up({ delivery: "api" });
  credential = operatorCredential(stack.description);
});
after(() => stack?.down());

function message(conversationId: string, text: string, fields: object = {}) {
  const { serviceUrl } = stack.description.local.directLine;
  return { relatesTo: { channelId: "directline", serviceUrl, conversation: { id: conversationId } }, text, ...fields };
}

async function drop(body: object): Promise<void> {
  const queue = new QueueClient(String(stack.description.outputs.queueUrl), credential);
  await queue.sendMessage(JSON.stringify(body));
}

async function rows(): Promise<Map<string, Delivery>> {
  const found = new Map<string, Delivery>();
  const client = new TableClient(stack.description.local.tableService, deliveriesTable, credential);
  for await (const row of client.listEntities<Delivery>()) found.set(row.id, row as Delivery);
  return found;
}

test("what a user says comes back", async () => {
  const client = await talk(stack);
  await client.say("hello");
  assert.deepEqual(texts(await client.waitFor(2, patience)), [acknowledged("hello"), comingBack("hello")]);
  client.close();
});

test("what the bot refuses is set aside with the bot's reason", async () => {
  const client = await talk(stack);
  await drop(message(client.conversationId, "", { id: "refused", dialog: "survey" }));
  const row = await eventually("its failure", async () => {
    const found = (await rows()).get("refused");
    return found?.status === "failed" && found;
  });
  assert.match(row.reason ?? "", /^The bot answered 400 dialog is not one of this bot's: "/);
  client.close();
});

test("a bot that is killed in between loses nothing", async () => {
  const client = await talk(stack);
  const sent = Array.from({ length: 60 }, (_, n) => ({ id: randomUUID(), text: `message ${n}` }));
  await Promise.all(sent.map(({ id, text }) => drop(message(client.conversationId, text, { id }))));
  await client.waitFor(10, patience);
  const { pid } = stack.cloud.apps.get("bot") ?? {};
  assert.ok(pid);
  process.kill(pid, "SIGKILL");
  assert.ok(client.received.length < sent.length, "it was killed when everything had been said");
  await stack.restart("bot");
  const unsettled = async () => {
    const known = await rows();
    return sent.filter(({ id }) => known.get(id)?.status !== "delivered");
  };
  // What it had claimed when it died is free again after a minute.
  await eventually("the rest", async () => (await unsettled()).length === 0, 3 * patience);
  for (const { text } of sent) {
    const times = texts(client.received).filter((said) => said === comingBack(text)).length;
    assert.ok(times === 1 || times === 2, `${text} was said ${times} times`);
  }
  client.close();
});

test("the function needs no key to Direct Line", async () => {
  const [vault] = stack.cloud.vaults.values();
  vault?.secrets.delete(directLineSecret);
  await stack.restart("function");
  assert.equal((await fetch(`${stack.description.local.bot}/readyz`)).status, 503, "the bot does, for its page");
  assert.equal((await fetch(`${stack.description.local.function}/readyz`)).status, 200);
  const client = await talk(stack);
  await drop(message(client.conversationId, "without a key"));
  assert.deepEqual(texts(await client.waitFor(1, patience)), [comingBack("without a key")]);
  client.close();
});
