import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import { TableClient } from "@azure/data-tables";
import { Webhook } from "standardwebhooks";
import { operatorCredential } from "../../cli/stack/operator-credential";
import { deliveriesTable } from "../../core/names";
import type { Delivery } from "../../core/tables/deliveries";
import type { DirectLineClient } from "../harness/direct-line-client";
import { eventually, patience } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { comingBack, talk, texts } from "./talk";

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
before(async () => {
  stack = await OwnStack.up();
});
after(() => stack?.down());

/** Another system, which knows two outputs of the stack and the specification. */
async function notify(message: object, id: string = randomUUID()): Promise<Response> {
  const { notifyUrl, webhookSecret } = stack.description.outputs;
  const body = JSON.stringify(message);
  const now = new Date();
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(now.getTime() / 1000)),
    "webhook-signature": new Webhook(String(webhookSecret)).sign(id, now, body),
  };
  return fetch(String(notifyUrl), { method: "POST", headers, body });
}

function message({ conversationId }: DirectLineClient, fields: object) {
  const { serviceUrl } = stack.description.local.directLine;
  return {
    relatesTo: { channelId: "directline", serviceUrl, conversation: { id: conversationId } },
    text: "",
    ...fields,
  };
}

/** The row of a message, once it says so. */
function row(id: string, status: string): Promise<Delivery> {
  const client = new TableClient(
    stack.description.local.tableService,
    deliveriesTable,
    operatorCredential(stack.description),
  );
  return eventually(`message ${id} is ${status}`, async () => {
    for await (const row of client.listEntities<Delivery>()) if (row.id === id && row.status === status) return row;
    return undefined;
  });
}

test("what another system posts is said while it waits, and its row says so", async () => {
  const client = await talk(stack);
  const id = randomUUID();
  const response = await notify(message(client, { text: "hello" }), id);
  assert.deepEqual([response.status, await response.json()], [202, { id }]);
  const { sentAt, tries, conversation } = await row(id, "delivered");
  assert.deepEqual([tries, conversation], [1, client.conversationId]);
  assert.ok(sentAt);
  assert.deepEqual(texts(await client.waitFor(1, patience)), [comingBack("hello")]);
  client.close();
});

test("the 2018 bot's own message is said, with the names and the nulls that Json.NET gave it", async () => {
  const client = await talk(stack);
  const { relatesTo } = message(client, {});
  const user = { id: "user", name: null, role: null };
  const response = await notify({ RelatesTo: { ...relatesTo, user }, Text: "from 2018", IsTrustedServiceUrl: true });
  assert.equal(response.status, 202);
  assert.deepEqual(texts(await client.waitFor(1, patience)), [comingBack("from 2018")]);
  client.close();
});

test("it starts dialogs, and the same id again is taken and not said twice", async () => {
  const client = await talk(stack);
  const start = message(client, { dialog: "" });
  for (let i = 0; i < 3; i++) assert.equal((await notify(start, "survey")).status, 202);
  assert.equal((await notify(message(client, { text: "the last one" }))).status, 202);
  const [question, last, again] = texts(await client.waitFor(3, patience));
  assert.equal(last, comingBack("the last one"));
  assert.equal(again, question, "with its buttons, which the last message took away");
  client.close();
});

test("what is not due comes when it is, by way of the queue", async () => {
  const client = await talk(stack);
  const id = randomUUID();
  const notBefore = new Date(Date.now() + 4_000);
  const response = await notify(message(client, { text: "later", notBefore: notBefore.toISOString() }), id);
  assert.equal(response.status, 202);
  assert.match((await row(id, "waiting")).reason ?? "", /^The message is not due before /);
  assert.deepEqual(texts(await client.waitFor(1, patience)), [comingBack("later")]);
  const { sentAt } = await row(id, "delivered");
  assert.ok(sentAt && sentAt >= notBefore);
  client.close();
});

test("what is wrong is said to its caller, and nothing of it is kept", async () => {
  const client = await talk(stack);
  const response = await notify(message(client, { dialog: "survey" }));
  assert.equal(response.status, 400);
  assert.equal(((await response.json()) as { field: string }).field, "dialog");
  const { bot } = stack.description.local;
  const document = (await (await fetch(`${bot}/api/openapi.json`)).json()) as { paths: object };
  assert.ok("/api/notify" in document.paths);
  client.close();
});
