import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { TableClient } from "@azure/data-tables";
import { QueueClient } from "@azure/storage-queue";
import { deliveriesTable, referencesTable } from "../../core/names";
import { type Delivery, leaseTime } from "../../core/tables/deliveries";
import type { StoredReference } from "../../core/tables/stored-reference";
import { operatorCredential } from "../../local/operator-credential";
import type { DirectLineClient } from "../harness/direct-line-client";
import { eventually, patience } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { comingBack, talk } from "./talk";

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
let credential: ReturnType<typeof operatorCredential>;
before(async () => {
  stack = await OwnStack.up();
  credential = operatorCredential(stack.description);
});
after(() => stack?.down());

/** What the operator sees in a table. */
async function rows<T extends object>(table: string): Promise<T[]> {
  const found: T[] = [];
  const client = new TableClient(stack.description.local.tableService, table, credential);
  for await (const row of client.listEntities<T>()) found.push(row as T);
  return found;
}

function message(conversationId: string, text: string, id?: string) {
  const { serviceUrl } = stack.description.local.directLine;
  return { relatesTo: { channelId: "directline", serviceUrl, conversation: { id: conversationId } }, text, id };
}

/** Puts it on the queue. Returns the queue's id of it. */
async function drop(body: object | string): Promise<string> {
  const queue = new QueueClient(String(stack.description.outputs.queueUrl), credential);
  const { messageId } = await queue.sendMessage(typeof body === "string" ? body : JSON.stringify(body));
  return messageId;
}

/** The row of a message once it is final and tells of every hop. */
function ending(id: string): Promise<Delivery> {
  return eventually(`the end of message ${id}`, async () => {
    const row = (await rows<Delivery>(deliveriesTable)).find((one) => one.id === id);
    const isOver = row?.status === "failed" || row?.status === "delivered";
    return isOver && row?.dequeuedAt ? row : undefined;
  });
}

/** How often the bot said a text. */
function count({ received }: DirectLineClient, text: string): number {
  return received.filter((activity) => activity.text === text).length;
}

test("a message's row tells each hop with its time, in order, and nothing of what was said", async () => {
  const client = await talk(stack);
  const id = randomUUID();
  const start = Date.now();
  await drop(message(client.conversationId, "ulterior", id));
  await client.waitFor(1);
  const { queuedAt, dequeuedAt, receivedAt, sentAt, ...row } = await ending(id);
  const times = [queuedAt, dequeuedAt, receivedAt, sentAt].map((time) => time?.getTime() ?? Number.NaN);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  assert.ok((times[0] ?? 0) > start - 1_000, "the queue counts in seconds");
  assert.deepEqual(
    [row.status, row.tries, row.dequeueCount, row.conversation],
    ["delivered", 1, 1, client.conversationId],
  );
  assert.doesNotMatch(JSON.stringify(await rows(deliveriesTable)), /ulterior/);
  client.close();
});

test("a message that comes again under its id is not said again", async () => {
  const client = await talk(stack);
  const id = "order 7 / confirmed?";
  for (let i = 0; i < 5; i++) await drop(message(client.conversationId, "once", id));
  await ending(id);
  await drop(message(client.conversationId, "again", id));
  await drop(message(client.conversationId, "the last one"));
  await client.waitFor(({ text }) => text === comingBack("the last one"));
  await eventually("the second look", () => /"not said again","id":"order 7/.test(stack.log));
  assert.deepEqual([count(client, comingBack("once")), count(client, comingBack("again"))], [1, 0]);
  client.close();
});

test("what failed tells why, in words", async () => {
  const invalid = await ending(await drop("ulterior"));
  assert.deepEqual(
    [invalid.status, invalid.reason],
    ["failed", "The message is not valid: (message) is not JSON, neither plain nor as Base64"],
  );
  const gone = await ending(await drop(message("no-such-conversation", "ulterior")));
  assert.equal(gone.status, "failed");
  assert.match(gone.reason ?? "", /^The conversation is gone \(the channel answered 404 ConversationNotFound: /);
  assert.ok(gone.failedAt);
});

test("who can be reached is known, without the function, until the bot is uninstalled", async () => {
  const client = await talk(stack);
  await client.say("good morning");
  const own = async () =>
    (await rows<StoredReference>(referencesTable)).find((row) => row.conversationId === client.conversationId);
  const first = await eventually("a reference", own);
  assert.equal(first.userId, client.userId);
  await client.say("hello");
  await client.waitFor(4);
  const newer = async () => {
    const row = await own();
    return row && row.reference !== first.reference && row;
  };
  const { reference } = await eventually("a newer one", newer);
  assert.match(reference, /"activityId"/);
  const { serviceUrl } = stack.description.local.directLine;
  const { user, conversation, ...rest } = JSON.parse(reference);
  assert.deepEqual([user.id, conversation.id, rest.serviceUrl], [client.userId, client.conversationId, serviceUrl]);

  const users = await rows<StoredReference>(referencesTable);
  const talkers = new Set(users.map(({ userId }) => userId));
  assert.deepEqual([...talkers], [client.userId], "the function has a conversation too, and is no user");

  const taken = await client.post({ type: "installationUpdate", action: "remove" });
  assert.equal(taken.status, 200);
  await eventually("its removal", async () => !(await own()));
  client.close();
});

test("a bot that is killed while it speaks says every message, and one twice at most where it was in the middle of it", async () => {
  const clients = await Promise.all(Array.from({ length: 4 }, () => talk(stack)));
  const sent = Array.from({ length: 240 }, (_, n) => {
    const client = clients[n % clients.length] as DirectLineClient;
    return { id: randomUUID(), text: `message ${n}`, client };
  });
  await Promise.all(sent.map(({ id, text, client }) => drop(message(client.conversationId, text, id))));
  const heard = () => sent.filter(({ text, client }) => count(client, comingBack(text)) > 0).length;
  const bot = stack.cloud.apps.get("bot");
  for (const soMany of [40, 90, 140]) {
    await eventually("so much", () => heard() >= soMany);
    assert.ok(bot?.pid);
    process.kill(bot.pid, "SIGKILL");
    assert.ok(heard() < sent.length, "it was killed when everything had been said");
    await bot.restart();
  }

  const settled = async () => {
    const ends = new Map((await rows<Delivery>(deliveriesTable)).map((row) => [row.id, row.status]));
    return sent.every(({ id }) => ends.get(id) === "delivered");
  };
  await eventually("all of them are delivered", settled, leaseTime + 2 * patience); // a claim lives for a lease after its bot
  const tries = new Map((await rows<Delivery>(deliveriesTable)).map((row) => [row.id, row.tries ?? 0]));
  for (const { id, text, client } of sent) {
    const times = count(client, comingBack(text));
    const begun = tries.get(id) ?? 0;
    assert.ok(times >= 1, `${text} was never said`);
    assert.ok(times <= 2 && times <= begun, `${text} was said ${times} times, and begun ${begun} times`);
  }
  for (const client of clients) client.close();
});
