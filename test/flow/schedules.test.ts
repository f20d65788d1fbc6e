import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { TableClient } from "@azure/data-tables";
import { operatorCredential } from "../../cli/stack/operator-credential";
import { deliveriesTable } from "../../core/names";
import { mapConcurrent, withTimeout } from "../../core/promises";
import type { Delivery } from "../../core/tables/deliveries";
import { DirectLineClient } from "../harness/direct-line-client";
import { eventually } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { comingBack } from "./talk";

/** Milliseconds for what comes only when a schedule is due, on a machine that does other things too. */
const patience = 180_000;

/** How many are told at each time. */
const crowd = 40;

/**
 * Every five seconds, but not in the minute that is half an hour from now: without a pause a timer would be due several
 * times in every minute, and the host remembers nothing of such a one.
 */
function everyFiveSeconds(): string {
  const pause = (new Date().getUTCMinutes() + 30) % 60;
  const minutes = [...Array(60).keys()].filter((minute) => minute !== pause);
  return `*/5 ${minutes.join(",")} * * * *`;
}

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
before(async () => {
  const cron = everyFiveSeconds();
  const schedules = [
    { name: "roll-call", cron, text: "Who is there?" },
    { name: "survey", cron, dialog: "", to: ["asked", "unheard-of"] },
  ];
  stack = await OwnStack.up({ schedules: JSON.stringify(schedules) });
});
after(() => stack?.down());

/** Who has only opened the page is not spoken to. */
async function join(userId: string): Promise<DirectLineClient> {
  const { domain, secret } = stack.description.local.directLine;
  const client = await DirectLineClient.open(domain, secret, userId);
  await client.say("hello");
  return client;
}

/** The rows of what schedules had to say in a conversation, or in all. */
async function rows(beginning: string, conversation?: string): Promise<Delivery[]> {
  const found: Delivery[] = [];
  const { tableService } = stack.description.local;
  const table = new TableClient(tableService, deliveriesTable, operatorCredential(stack.description));
  for await (const row of table.listEntities<Delivery>()) found.push(row as Delivery);
  return found.filter((row) => row.id.startsWith(beginning) && (!conversation || row.conversation === conversation));
}

function delivered(all: Delivery[]): Delivery[] {
  return all.filter(({ status }) => status === "delivered");
}

/** How often the bot said a text. */
function count({ received }: DirectLineClient, said: string): number {
  return received.filter(({ text }) => text === said).length;
}

const call = comingBack("Who is there?");

/** Resolves once what somebody heard is what was delivered to them, each once. */
async function hearsEachOnce(client: DirectLineClient): Promise<void> {
  const own = () => rows("schedule-roll-call-", client.conversationId);
  await eventually("everybody hears what was delivered, and nothing else", async () => {
    const heard = count(client, call);
    return delivered(await own()).length === heard && heard === count(client, call);
  });
}

test("at each time of a schedule everybody is told, once", async () => {
  const clients = await Promise.all([join("anna"), join("bert")]);
  await Promise.all(clients.map((client) => eventually("two roll calls", () => count(client, call) >= 2, patience)));
  for (const client of clients) {
    await hearsEachOnce(client);
    const own = await rows("schedule-roll-call-", client.conversationId);
    const times = own.map(({ id }) => /^schedule-roll-call-(\S+Z)\//.exec(id)?.[1] ?? "");
    assert.ok(
      times.every((time) => new Date(time).getUTCSeconds() % 5 === 0 && time.endsWith(".000Z")),
      times.join(),
    );
    assert.equal(new Set(times).size, own.length);
    client.close();
  }
});

test("who is on a schedule's list is asked once, however often it is due, and the others are not", async () => {
  const asked = await join("asked");
  const other = await join("other");
  const enough = async () => delivered(await rows("schedule-survey-", asked.conversationId)).length >= 3;
  await eventually("three times of the survey", enough, patience);
  assert.equal(stack.log.match(/"event":"dialog started","id":"schedule-survey-/g)?.length, 1);
  assert.deepEqual(await rows("schedule-survey-", other.conversationId), []);
  assert.match(stack.log, /function \| \[warn\] Schedule survey: the bot cannot reach \d of the users in the list/);
  assert.doesNotMatch(stack.log, /unheard-of/);
  for (const client of [asked, other]) client.close();
});

test("a host that is killed in the middle repeats the time that it was at, and nobody hears it twice", async () => {
  const names = Array.from({ length: crowd }, (_, n) => `one of many ${n}`);
  const clients = await mapConcurrent(8, names, join);
  await Promise.all(clients.map((client) => eventually("a roll call", () => count(client, call) >= 1, patience)));
  const repeated = await eventually("a time that was begun twice", killInTheMiddle, patience);

  const everybody = async () => {
    const told = delivered(await rows(repeated)).map(({ conversation }) => conversation);
    return clients.every(({ conversationId }) => told.includes(conversationId));
  };
  await eventually("everybody was told at that time", everybody, patience);
  for (const client of clients) {
    await hearsEachOnce(client);
    client.close();
  }
});

/** Kills the host as soon as it begins; resolves to the time that it began a second time, where it had not ended the first. */
async function killInTheMiddle(): Promise<string | undefined> {
  const batch = await nextBatch((pid) => process.kill(pid, "SIGKILL"));
  const [again] = await Promise.all([nextBatch(), stack.restart("function")]);
  return again === batch ? batch : undefined;
}

/** The batch of the next roll call. `atOnce` is called with the host's process as soon as it begins. */
function nextBatch(atOnce: (pid: number) => void = () => {}): Promise<string> {
  const begins = new Promise<string>((resolve) => {
    stack.onLine = (line) => {
      const [, batch] = /Schedule roll-call: putting \d+ messages (\S+)\/… on the queue/.exec(line) ?? [];
      const { pid } = stack.cloud.apps.get("function") ?? {};
      if (!batch || !pid) return;
      stack.onLine = undefined;
      atOnce(pid);
      resolve(batch);
    };
  });
  return withTimeout(patience, "the next roll call", begins);
}
