import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { ManagedIdentityCredential } from "@azure/identity";
import type { QueueClient } from "@azure/storage-queue";
import { poisonSuffix } from "../../../core/names";
import { PoisonQueue } from "../../../core/queue/poison-queue";
import { toQueueText } from "../../../core/queue/queue-text";
import { trust } from "../../../local/trust";
import { startTestQueues, type TestQueues } from "../helpers/azurite";

let queues: TestQueues;
let raw: QueueClient;
let poison: PoisonQueue;
before(async () => {
  queues = await startTestQueues();
  trust(readFileSync(queues.caFile, "utf8"));
  const { endpoint, header, clientId } = queues.identity;
  process.env.IDENTITY_ENDPOINT = endpoint;
  process.env.IDENTITY_HEADER = header;
  raw = queues.queue(`operator${poisonSuffix}`);
  await raw.create();
  poison = new PoisonQueue(`${queues.serviceUri}/operator`, new ManagedIdentityCredential({ clientId }));
});
after(() => queues?.close());
beforeEach(() => raw.clearMessages());

const relatesTo = { conversation: { id: "c" }, channelId: "directline", serviceUrl: "https://example.com/" };

async function fill(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await raw.sendMessage(JSON.stringify({ relatesTo, text: "hi", id: `m-${n}` }));
}

test("everything can be taken, is nobody else's meanwhile, and comes back as it was", async () => {
  await fill(70);
  const held = await poison.take();
  assert.deepEqual(new Set(held.map(({ message }) => message?.id)).size, 70);
  assert.deepEqual(await poison.peek(), []);
  await poison.giveBack(held);
  assert.equal((await poison.peek()).length, 32);
  const again = await poison.take();
  assert.deepEqual(again.map(({ text }) => text).sort(), held.map(({ text }) => text).sort());
  assert.deepEqual(again.map(({ since }) => since.getTime()).sort(), held.map(({ since }) => since.getTime()).sort());
});

test("no more is taken than it takes to find one", async () => {
  await fill(70);
  const held = await poison.take(({ message }) => message?.id === "m-40");
  assert.equal(held.length, 64);
  for (const one of held.filter(({ message }) => message?.id === "m-40")) await poison.remove(one);
  await poison.giveBack(held); // the one that is gone is no trouble
  assert.equal((await poison.take()).length, 69);
});

test("a pretty-printed file from Windows is read, and a text is shown as it came", async () => {
  const file = JSON.stringify({ relatesTo, text: "hi\r\n", id: "crlf" }, null, 2).replaceAll("\n", "\r\n");
  for (const text of [file, "a\r\nb\rc\nd &#xD; <&>"]) await raw.sendMessage(toQueueText(text));
  const found = await poison.peek();
  assert.deepEqual(found.map(({ text, message }) => [text, message?.id]).sort(), [
    ["a\r\nb\rc\nd &#xD; <&>", undefined],
    [file, "crlf"],
  ]);
});

test("an empty queue, and one that holds what nobody can read", async () => {
  assert.deepEqual(await poison.take(), []);
  await raw.sendMessage("ulterior");
  const [one] = await poison.take();
  assert.deepEqual(
    [one?.text, one?.message, one?.problem],
    ["ulterior", undefined, "(message) is not JSON, neither plain nor as Base64"],
  );
  assert.ok(one);
  await poison.remove(one);
  assert.equal(await poison.count(), 0);
});
