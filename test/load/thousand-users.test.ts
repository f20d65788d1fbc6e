import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { deliveriesTable, referencesTable } from "../../core/names";
import { mapConcurrent } from "../../core/promises";
import { Deliveries } from "../../core/tables/deliveries";
import { withoutCopies } from "../../core/tables/stored-reference";
import { Table } from "../../core/tables/table";
import { operatorCredential } from "../../local/operator-credential";
import { comingBack } from "../flow/talk";
import { eventually } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { runCli } from "../harness/run-cli";

const users = 1_000;

/** How many of them do something at the same time. */
const atOnce = 32;

/** Milliseconds for a thousand of anything, on a machine that does other things too. */
const patience = 5 * 60_000;

const opening = "Welcome to the course! Three short questions, so that it suits you.";

interface Conversation {
  conversationId: string;
  token: string;
}

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
let conversations: Conversation[];
before(async () => {
  stack = await OwnStack.up();
});
after(() => stack?.down());

async function directLine<T>(path: string, credential: string, body?: object): Promise<T> {
  const answer = await fetch(`${stack.description.local.directLine.domain}/${path}`, {
    method: body ? "POST" : "GET",
    headers: { authorization: `Bearer ${credential}`, "content-type": "application/json" },
    body: body && JSON.stringify(body),
  });
  assert.ok(answer.ok, `Direct Line answered ${answer.status} to ${path}`);
  return answer.json() as Promise<T>;
}

/** Somebody who has talked to the bot once. */
async function meet(user: string): Promise<Conversation> {
  const { secret } = stack.description.local.directLine;
  const conversation = await directLine<Conversation>("conversations", secret, {});
  const hello = { type: "message", from: { id: user }, text: "hello" };
  await directLine(`conversations/${conversation.conversationId}/activities`, conversation.token, hello);
  return conversation;
}

async function heard({ conversationId, token }: Conversation): Promise<string[]> {
  const path = `conversations/${conversationId}/activities`;
  const { activities } = await directLine<{ activities: { text?: string }[] }>(path, token);
  return activities.map(({ text }) => text ?? "");
}

function table(name: string): Table {
  return new Table(stack.description.local.tableService, name, operatorCredential(stack.description));
}

test("a thousand users are asked once each, and the tool's summary is what deliveries tells", async () => {
  const names = Array.from({ length: users }, (_, index) => `user ${index}`);
  conversations = await mapConcurrent(atOnce, names, meet);
  const references = table(referencesTable);
  await eventually(
    "everybody can be reached",
    async () => (await references.all(withoutCopies)).length === users,
    patience,
  );

  const send = [
    "send",
    "--all",
    "--dialog",
    "newSurvey",
    "--id",
    "a thousand",
    "--yes",
    "--wait",
    String(patience / 1000),
  ];
  const { code, stdout, stderr } = await runCli(stack.description, [...send, "--json"]);
  assert.equal(code, 0, stderr);
  const { outcome, sent } = JSON.parse(stdout);
  assert.equal(sent.length, users);
  assert.deepEqual([outcome.delivered, outcome.failed, outcome.waiting], [users, 0, 0]);
  assert.match(stderr, /^\d+\/1000 on the queue$/m);
  assert.match(stderr, /^1000\/1000 delivered/m);

  const records = new Deliveries(table(deliveriesTable));
  const rows = await records.list("a thousand/");
  assert.equal(rows.filter(({ status, tries }) => status === "delivered" && tries === 1).length, users);

  const again = await runCli(stack.description, [...send, "--json"]); // as after a lost connection
  assert.equal(again.code, 0, again.stderr);
  const unsaid = () => stack.log.split('"event":"not said again","id":"a thousand/').length - 1;
  await eventually("the second thousand has come by", () => unsaid() === users, patience);
  const questions = await mapConcurrent(atOnce, conversations, async (conversation) =>
    (await heard(conversation)).filter((text) => text === opening),
  );
  assert.deepEqual(new Set(questions.map(({ length }) => length)), new Set([1]));
});

test("Ctrl-C in the middle, and the same command again: each has heard it once", async () => {
  const text = "before and after Ctrl-C";
  const send = ["send", "--all", "--text", text, "--id", "in two", "--yes", "--json"];
  const cut = await runCli(stack.description, send, {
    // Once: a second one that comes while it exits would end it without its code.
    onStderr: (said, child) => said.includes("/1000 on the queue") && !child.killed && child.kill("SIGINT"),
  });
  const { sent, notSent, left } = JSON.parse(cut.stdout);
  assert.equal(cut.code, 1);
  assert.ok(sent.length > 0 && left > 0, `${sent.length} were sent, and ${left} left`);
  assert.equal(sent.length + notSent.length + left, users);

  const again = await runCli(stack.description, [...send, "--wait", String(patience / 1000)]);
  assert.equal(again.code, 0, again.stderr);
  assert.equal(JSON.parse(again.stdout).outcome.delivered, users);
  const times = await mapConcurrent(atOnce, conversations, async (conversation) =>
    (await heard(conversation)).filter((said) => said === comingBack(text)),
  );
  assert.deepEqual(new Set(times.map(({ length }) => length)), new Set([1]));
});
