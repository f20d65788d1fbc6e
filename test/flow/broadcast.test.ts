import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { cancel } from "../../cli/commands/cancel";
import { localStack } from "../../cli/stack/local-stack";
import type { Stack } from "../../cli/stack/stack";
import { StackClient } from "../../cli/stack-client";
import { deliveriesTable, referencesTable } from "../../core/names";
import { mapConcurrent } from "../../core/promises";
import { Deliveries, type Delivery } from "../../core/tables/deliveries";
import type { StoredReference } from "../../core/tables/stored-reference";
import { Table } from "../../core/tables/table";
import { operatorCredential } from "../../local/operator-credential";
import { DirectLineClient } from "../harness/direct-line-client";
import { eventually, patience } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { type Ended, runCli } from "../harness/run-cli";
import { comingBack } from "./talk";

/** How many a second leave the function in these tests: few, so that some wait. */
const sendsPerSecond = 2;

const goodbye = 'You will get no more messages that are meant for everyone. Say "start" to get them again.';
const welcome = 'You will get messages that are meant for everyone again. Say "stop" to end that.';

/** Looks at what the tests have cancelled, once its time has come: other tests fill the time until then. */
const whenDue: (() => Promise<void>)[] = [];

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
before(async () => {
  stack = await OwnStack.up({ sendsPerSecond: String(sendsPerSecond) });
});
after(() => stack?.down());

function run(...args: string[]): Promise<Ended> {
  return runCli(stack.description, args);
}

/** The object that a command prints with `--json`. */
async function json(...args: string[]) {
  const { code, stdout, stderr } = await run(...args, "--json");
  assert.equal(code, 0, stderr + stdout);
  return JSON.parse(stdout);
}

function table(name: string): Table {
  return new Table(stack.description.local.tableService, name, operatorCredential(stack.description));
}

function rows(batch: string, separator = "/"): Promise<Delivery[]> {
  return new Deliveries(table(deliveriesTable)).list(`${batch}${separator}`);
}

async function referenceOf({ conversationId }: DirectLineClient): Promise<StoredReference | undefined> {
  const all = await table(referencesTable).all<StoredReference>();
  return all.find((row) => row.conversationId === conversationId);
}

/** A user with a first message. */
async function meet(name: string): Promise<DirectLineClient> {
  const { domain, secret } = stack.description.local.directLine;
  const client = await DirectLineClient.open(domain, secret, name);
  await client.say("hello");
  await client.waitFor(({ text }) => text === comingBack("hello"), patience);
  await eventually(`the bot knows ${name}`, () => referenceOf(client));
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

test("a user is stored with the first message, and not by opening a page", async () => {
  const { domain, secret } = stack.description.local.directLine;
  const client = await DirectLineClient.open(domain, secret, "visitor");
  const other = await meet("somebody else"); // by then the bot has heard of the visitor, too
  assert.equal(await referenceOf(client), undefined);
  await client.say("hello");
  await eventually("the visitor is known", () => referenceOf(client));
  for (const one of [client, other]) one.close();
});

test("send --all asks, or needs --yes; --dry-run sends nothing", async () => {
  const { alone } = await json("users");
  const refused = await run("send", "--all", "--text", "x");
  assert.deepEqual([refused.code, refused.stdout], [2, ""]);
  const sentence = `^This will reach ${alone} people\\. Send it\\? This question needs a terminal\\. Add --yes to confirm without one\\.`;
  assert.match(refused.stderr, new RegExp(sentence, "m"));

  const list = await json("send", "--all", "--text", "x", "--dry-run", "--id", "dry");
  assert.deepEqual([list.wouldReach.length, list.optedOut], [alone, 0]);
  const { stdout } = await run("send", "--all", "--text", "x", "--dry-run", "--id", "dry");
  assert.match(stdout, /^CHANNEL +USER +CONVERSATION\ndirectline +\S/);
  assert.match(stdout, new RegExp(`This would reach ${alone} people\\. Nothing was sent\\.\n$`));
  assert.deepEqual(await rows("dry"), []);
});

test("a broadcast for later has a status and can be cancelled before it is due: nobody gets it", async () => {
  const client = await meet("ada");
  const { alone } = await json("users");
  const { sent } = await json("send", "--all", "--text", "too early", "--at", "+45s", "--id", "spring", "--yes");
  assert.equal(sent.length, alone);

  const { waiting, reasons } = await json("status", "spring");
  assert.equal(waiting, alone);
  assert.match(reasons[0].reason, /^The message is not due before 2\d{3}-/);
  const one = await json("status", sent[0].id);
  assert.deepEqual([one.status, one.final, Date.parse(one.dueAt) > Date.now()], ["waiting", false, true]);

  const cancelled = await json("cancel", "spring");
  assert.deepEqual(cancelled, { batch: "spring", cancelled: alone, underWay: 0, delivered: 0, failed: 0 });
  const status = await run("status", "spring");
  assert.match(status.stdout, new RegExp(`delivered 0, failed 0, waiting 0, cancelled ${alone}\n`));
  assert.match(status.stdout, new RegExp(`${alone} cancelled: An operator cancelled the message.`));

  const again = await run("send", "--all", "--text", "too early", "--id", "spring", "--yes");
  assert.equal(again.code, 1);
  assert.match(again.stderr, /^The id spring was cancelled, and stays cancelled\. Choose another --id\.$/m);
  whenDue.push(async () => {
    const come = async () => (await rows("spring")).every(({ dequeuedAt }) => dequeuedAt);
    await eventually("all of it has come to the function and the bot", come);
    assert.equal((await rows("spring")).filter((row) => row.status === "cancelled").length, alone);
    assert.equal(count(client, comingBack("too early")), 0);
    client.close();
  });
});

test("a broadcast that is cancelled half-way reaches exactly the users whose messages were delivered", async () => {
  const names = Array.from({ length: 12 }, (_, n) => `one of many ${n}`);
  const clients = await mapConcurrent(4, names, meet);
  const { alone } = await json("users");
  await json("send", "--all", "--text", "in the middle", "--id", "summer", "--yes");
  const some = async () => (await rows("summer")).filter(({ status }) => status === "delivered").length >= 2;
  await eventually("some have heard it", some);
  const { page } = stack.description.local;
  const client = new StackClient(localStack(new URL(page).port) as Stack); // a process of its own may start too late
  const { cancelled, delivered, underWay } = (await cancel(client, "summer")).data as Record<string, number>;
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

test("the function sends no more messages a second than configured, however many are queued", async () => {
  await json("send", "--all", "--text", "evenly", "--id", "even", "--yes", "--wait", "120");
  const taken = (await rows("even")).map(({ receivedAt }) => Number(receivedAt)).sort((a, b) => a - b);
  assert.ok(taken.length > 12);
  const took = ((taken.at(-1) ?? 0) - (taken[0] ?? 0)) / 1000;
  assert.ok(taken.length - 1 <= Math.ceil(took * sendsPerSecond) + 1, `${taken.length} in ${took} s`);
});

test("a message is cancelled by its id, and an unknown one with --unseen", async () => {
  const client = await meet("bert");
  await json("send", "--to", "bert", "--text", "to bert", "--at", "+30s", "--id", "order 7");
  assert.equal((await run("cancel", "order 7")).stdout, "order 7 is cancelled.\n");
  assert.equal((await json("status", "order 7")).status, "cancelled");
  const typo = await run("cancel", "order 8");
  assert.equal(typo.code, 1);
  assert.match(typo.stderr, /^No message with the id order 8 is known, so nothing was cancelled\./m);
  await json("cancel", "order 8", "--unseen");
  const late = await run("send", "--to", "bert", "--text", "to bert", "--id", "order 8");
  assert.match(late.stderr, /^The id order 8 was cancelled, and stays cancelled/m);
  whenDue.push(async () => {
    await eventually("it has come", async () => (await rows("order 7", ""))[0]?.dequeuedAt);
    assert.equal(count(client, comingBack("to bert")), 0);
    client.close();
  });
});

test("after stop a user gets no broadcast, not even one queued before, until start", async () => {
  const client = await meet("carla");
  const { alone } = await json("users");
  await json("send", "--all", "--text", "queued before", "--at", "+25s", "--id", "autumn", "--yes");
  await tell(client, "Stop", goodbye);

  const { users, alone: left, optedOut } = await json("users");
  assert.deepEqual([left, optedOut], [alone - 1, 1]);
  assert.ok(users.find(({ userId }: { userId: string }) => userId === "carla").optedOut);
  const inWords = (await run("users")).stdout;
  assert.match(inWords, /carla .*, has opted out$/m);
  assert.match(inWords, / 1 has opted out\.$/m);

  const all = await run("send", "--all", "--text", "to all but one", "--id", "winter", "--yes", "--wait", "120");
  assert.equal(all.code, 0, all.stderr);
  assert.match(all.stderr, new RegExp(`^This will reach ${left} people\\. 1 more has opted out\\.$`, "m"));
  assert.ok((await rows("winter")).every(({ conversation }) => conversation !== client.conversationId));

  const own = async () => (await rows("autumn")).find(({ conversation }) => conversation === client.conversationId);
  const unsaid = await eventually("what was queued before has come", async () => {
    const row = await own();
    return row?.status !== "waiting" && row;
  });
  assert.deepEqual([unsaid.status, unsaid.reason], ["cancelled", "The user has opted out."]);

  const refused = await run("send", "--to", "carla", "--text", "to carla");
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^The user carla has opted out with "stop"\. Add --even-opted-out/m);
  await json("send", "--to", "carla", "--text", "to carla", "--even-opted-out", "--wait");
  assert.equal(count(client, comingBack("queued before")) + count(client, comingBack("to all but one")), 0);

  await tell(client, "start", welcome);
  assert.deepEqual([(await json("users")).alone, (await json("users")).optedOut], [alone, 0]);
  await tell(client, "start", comingBack("start")); // like any other word
  client.close();
});

test("what was cancelled before it was due is dropped when its time comes", async () => {
  assert.equal(whenDue.length, 2, "the tests above have run");
  for (const look of whenDue) await look();
});
