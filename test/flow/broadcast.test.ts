import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cancel } from "../../cli/cancelling";
import { Desk } from "../../cli/desk";
import { localStack } from "../../cli/stack/local-stack";
import type { Stack } from "../../cli/stack/stack";
import { deliveriesTable, referencesTable } from "../../core/names";
import { Deliveries, type Delivery } from "../../core/tables/deliveries";
import type { StoredReference } from "../../core/tables/stored-reference";
import { Table } from "../../core/tables/table";
import { operatorCredential } from "../../local/operator-credential";
import { DirectLineClient } from "../harness/direct-line-client";
import { eventually, patience } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { type Ended, runOperator } from "../harness/run-operator";
import { comingBack } from "./talk";

/** How many a second leave the function in these tests: few, so that some wait. */
const sendsPerSecond = 2;

const goodbye = 'You will get no more messages that are meant for everyone. Say "start" to get them again.';
const welcome = 'You will get messages that are meant for everyone again. Say "stop" to end that.';

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
before(async () => {
  stack = await OwnStack.up({ sendsPerSecond: String(sendsPerSecond) });
});
after(() => stack?.down());

function operate(...args: string[]): Promise<Ended> {
  return runOperator(stack.description, args);
}

/** What a command tells programs when all goes well. */
async function told(...args: string[]) {
  const { code, stdout, stderr } = await operate(...args, "--json");
  assert.equal(code, 0, stderr + stdout);
  return JSON.parse(stdout);
}

function table(name: string): Table {
  return new Table(stack.description.local.tableService, name, operatorCredential(stack.description));
}

function rows(batch: string): Promise<Delivery[]> {
  return new Deliveries(table(deliveriesTable)).list(`${batch}/`);
}

async function referenceOf({ conversationId }: DirectLineClient): Promise<StoredReference | undefined> {
  const all = await table(referencesTable).all<StoredReference>();
  return all.find((row) => row.conversationId === conversationId);
}

/** Somebody who has said something. */
async function meet(name: string): Promise<DirectLineClient> {
  const { domain, secret } = stack.description.local.directLine;
  const client = await DirectLineClient.open(domain, secret, name);
  await client.say("hello");
  await client.waitFor(({ text }) => text === comingBack("hello"), patience);
  await eventually(`the bot has heard of ${name}`, () => referenceOf(client));
  return client;
}

/** Says something, and resolves when the bot has answered so. */
async function tell(client: DirectLineClient, text: string, answer: string): Promise<void> {
  client.received.length = 0;
  await client.say(text);
  await client.waitFor((said) => said.text === answer, patience);
}

/** How often the bot said a text. */
function count({ received }: DirectLineClient, said: string): number {
  return received.filter(({ text }) => text === said).length;
}

test("who has only opened a page is not written down, and is after a first message", async () => {
  const { domain, secret } = stack.description.local.directLine;
  const client = await DirectLineClient.open(domain, secret, "visitor");
  const other = await meet("somebody else"); // by then the bot has heard of the visitor, too
  assert.equal(await referenceOf(client), undefined);
  await client.say("hello");
  await eventually("the visitor is known", () => referenceOf(client));
  for (const one of [client, other]) one.close();
});

test("everyone is reached only by who means it: asked, told yes, or shown without sending", async () => {
  const { alone } = await told("users");
  const refused = await operate("--all", "--text", "x");
  assert.deepEqual([refused.code, refused.stdout], [2, ""]);
  const sentence = `^This will reach ${alone} people\\. Send it\\? Nobody can answer without a terminal: say --yes\\.`;
  assert.match(refused.stderr, new RegExp(sentence, "m"));

  const list = await told("--all", "--text", "x", "--dry-run", "--id", "dry");
  assert.deepEqual([list.wouldReach.length, list.optedOut], [alone, 0]);
  const { stdout } = await operate("--all", "--text", "x", "--dry-run", "--id", "dry");
  assert.match(stdout, /^CHANNEL +USER +CONVERSATION\ndirectline +\S/);
  assert.match(stdout, new RegExp(`This would reach ${alone} people\\. Nothing was sent\\.\n$`));
  assert.deepEqual(await rows("dry"), []);
});

test("a broadcast for later can be seen, and cancelled, before it is due: nobody hears it", async () => {
  const client = await meet("ada");
  const { alone } = await told("users");
  const { sent } = await told("--all", "--text", "too early", "--at", "+45s", "--id", "spring", "--yes");
  assert.equal(sent.length, alone);

  const { waiting, reasons } = await told("status", "spring");
  assert.equal(waiting, alone);
  assert.match(reasons[0].reason, /^it is not due before 2\d{3}-/);
  const one = await told("status", sent[0].id);
  assert.deepEqual([one.status, one.final, Date.parse(one.dueAt) > Date.now()], ["waiting", false, true]);

  const cancelled = await told("cancel", "spring");
  assert.deepEqual(cancelled, { batch: "spring", cancelled: alone, underWay: 0, delivered: 0, failed: 0 });
  const status = await operate("status", "spring");
  assert.match(status.stdout, new RegExp(`delivered 0, failed 0, waiting 0, cancelled ${alone}\n`));
  assert.match(status.stdout, new RegExp(`${alone} cancelled: an operator cancelled it`));

  const come = async () => (await rows("spring")).every(({ dequeuedAt }) => dequeuedAt);
  await eventually("all of it has come to the function and the bot", come);
  assert.equal((await rows("spring")).filter((row) => row.status === "cancelled").length, alone);
  assert.equal(count(client, comingBack("too early")), 0);
  const again = await operate("--all", "--text", "too early", "--id", "spring", "--yes");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /^The id spring was cancelled, and stays so: choose another --id\.$/m);
  client.close();
});

test("a broadcast that is cancelled in the middle: what was delivered was heard, and nothing else", async () => {
  const clients = await Promise.all(Array.from({ length: 12 }, (_, n) => meet(`one of many ${n}`)));
  const { alone } = await told("users");
  await told("--all", "--text", "in the middle", "--id", "summer", "--yes");
  const some = async () => (await rows("summer")).filter(({ status }) => status === "delivered").length >= 2;
  await eventually("some have heard it", some);
  const { page } = stack.description.local;
  const desk = new Desk(localStack(new URL(page).port) as Stack); // a process of its own may start too late
  const { cancelled, delivered, underWay } = (await cancel(desk, "summer", {})).data as Record<string, number>;
  assert.ok(cancelled !== undefined && delivered !== undefined && underWay !== undefined);
  assert.ok(cancelled > 0 && delivered >= 2, `${cancelled} cancelled, ${delivered} delivered`);
  assert.equal(cancelled + delivered, alone);

  const settled = async () =>
    (await rows("summer")).every(({ status }) => status === "delivered" || status === "cancelled");
  await eventually("those that were being said", settled);
  const passed = async () => (await rows("summer")).every((row) => row.status === "delivered" || row.dequeuedAt);
  await eventually("what was cancelled has come by", passed);
  const heard = new Set(
    (await rows("summer")).filter((row) => row.status === "delivered").map((row) => row.conversation),
  );
  assert.ok(heard.size >= delivered && heard.size <= delivered + underWay);
  for (const client of clients) {
    await eventually("each hears what was delivered", () => {
      return count(client, comingBack("in the middle")) === Number(heard.has(client.conversationId));
    });
    client.close();
  }
});

test("no more leave the function within a second than are configured, however many are sent", async () => {
  await told("--all", "--text", "evenly", "--id", "even", "--yes", "--wait", "120");
  const taken = (await rows("even")).map(({ receivedAt }) => Number(receivedAt)).sort((a, b) => a - b);
  assert.ok(taken.length > 12);
  const took = ((taken.at(-1) ?? 0) - (taken[0] ?? 0)) / 1000;
  assert.ok(taken.length - 1 <= Math.ceil(took * sendsPerSecond) + 1, `${taken.length} in ${took} s`);
});

test("one message is cancelled by its id, and one that nobody has seen yet where that is meant", async () => {
  const client = await meet("bert");
  await told("--to", "bert", "--text", "to bert", "--at", "+30s", "--id", "order 7");
  assert.equal((await operate("cancel", "order 7")).stdout, "order 7 is cancelled.\n");
  assert.equal((await told("status", "order 7")).status, "cancelled");
  const typo = await operate("cancel", "order 8");
  assert.equal(typo.code, 1);
  assert.match(typo.stderr, /^Nothing is known of order 8, so nothing was cancelled\./m);
  await told("cancel", "order 8", "--unseen");
  const late = await operate("--to", "bert", "--text", "to bert", "--id", "order 8");
  assert.match(late.stderr, /^The id order 8 was cancelled, and stays so/m);
  const come = async () => (await told("status", "order 7")).dequeuedAt !== undefined;
  await eventually("it has come", come);
  assert.equal(count(client, comingBack("to bert")), 0);
  client.close();
});

test("a user who says stop is left out, also of what was queued before, until they say start", async () => {
  const client = await meet("carla");
  const { alone } = await told("users");
  await told("--all", "--text", "queued before", "--at", "+25s", "--id", "autumn", "--yes");
  await tell(client, "Stop", goodbye);

  const { users, alone: left, optedOut } = await told("users");
  assert.deepEqual([left, optedOut], [alone - 1, 1]);
  assert.ok(users.find(({ userId }: { userId: string }) => userId === "carla").optedOut);
  const inWords = (await operate("users")).stdout;
  assert.match(inWords, /carla .*, has opted out$/m);
  assert.match(inWords, / 1 has opted out\.$/m);

  const all = await operate("--all", "--text", "to all but one", "--id", "winter", "--yes", "--wait", "120");
  assert.equal(all.code, 0, all.stderr);
  assert.match(all.stderr, new RegExp(`^This will reach ${left} people\\. 1 more has opted out\\.$`, "m"));
  assert.ok((await rows("winter")).every(({ conversation }) => conversation !== client.conversationId));

  const own = async () => (await rows("autumn")).find(({ conversation }) => conversation === client.conversationId);
  const unsaid = await eventually("what was queued before has come", async () => {
    const row = await own();
    return row?.status !== "waiting" && row;
  });
  assert.deepEqual([unsaid.status, unsaid.reason], ["cancelled", "the user has opted out"]);

  const refused = await operate("--to", "carla", "--text", "to carla");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^The user carla has opted out, .*: with --even-opted-out/m);
  await told("--to", "carla", "--text", "to carla", "--even-opted-out", "--wait");
  assert.equal(count(client, comingBack("queued before")) + count(client, comingBack("to all but one")), 0);

  await tell(client, "start", welcome);
  assert.deepEqual([(await told("users")).alone, (await told("users")).optedOut], [alone, 0]);
  await tell(client, "start", comingBack("start")); // like any other word
  client.close();
});
