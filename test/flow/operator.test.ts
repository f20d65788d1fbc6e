import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { odata } from "@azure/data-tables";
import { QueueClient } from "@azure/storage-queue";
import { strFromU8, unzipSync } from "fflate";
import { referencesTable } from "../../core/names";
import { leaseTime } from "../../core/tables/deliveries";
import { Table } from "../../core/tables/table";
import { operatorCredential } from "../../local/operator-credential";
import { DirectLineClient } from "../harness/direct-line-client";
import { eventually, patience } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { type Ended, runOperator } from "../harness/run-operator";
import { comingBack, texts } from "./talk";

const root = path.resolve(__dirname, "../..");
const crowd = 20;

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
let folder: string;
before(async () => {
  stack = await OwnStack.up({ teams: "true" });
  folder = mkdtempSync(path.join(tmpdir(), "operator-"));
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack?.down();
});

/** `npm run cli`. */
function operate(args: string[], options?: Parameters<typeof runOperator>[2]): Promise<Ended> {
  return runOperator(stack.description, args, options);
}

/** What it prints when all goes well. */
async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await operate(args);
  assert.equal(code, 0, stderr + stdout);
  return stdout;
}

/** The same for programs. */
async function told(...args: string[]) {
  return JSON.parse(await done(...args, "--json"));
}

/** Somebody whose conversation the bot knows. */
async function meet(name: string): Promise<DirectLineClient> {
  const { domain, secret } = stack.description.local.directLine;
  const client = await DirectLineClient.open(domain, secret, name);
  await client.say("hello");
  await next(client, 2);
  await eventually(`the bot has heard of ${name}`, () => isKnown(client));
  return client;
}

async function isKnown({ conversationId }: DirectLineClient): Promise<boolean> {
  const { tableService } = stack.description.local;
  const references = new Table(tableService, referencesTable, operatorCredential(stack.description));
  const filter = odata`conversationId eq ${conversationId}`;
  return !(await references.list({ filter }).next()).done;
}

/** What the bot said since the last look, once that is so much. */
async function next(client: DirectLineClient, count = 1): Promise<string[]> {
  const said = texts(await client.waitFor(count, patience));
  client.received.length = 0;
  return said;
}

async function isFailed(id: string): Promise<boolean> {
  const { code, stdout } = await operate(["status", id, "--json"]);
  return code === 0 && JSON.parse(stdout).status === "failed";
}

/** Resolves when the poison queue holds so many. */
async function poisoned(count: number, milliseconds = patience): Promise<void> {
  const isSo = async () => (await told("poison", "list")).count === count;
  await eventually(`${count} messages in the poison queue`, isSo, milliseconds);
}

/** A queue as any program with Azure's SDK sees it. */
function queue(suffix = ""): QueueClient {
  return new QueueClient(`${stack.description.outputs.queueUrl}${suffix}`, operatorCredential(stack.description));
}

test("users tells who can be reached, and how", async () => {
  assert.match(await done("users"), /^Nobody yet: /);
  const ada = await meet("ada");
  const { users, alone, optedOut } = await told("users");
  const { seenAt, relatesTo, ...user } = users[0];
  assert.deepEqual([relatesTo.channelId, relatesTo.conversation.id], ["directline", ada.conversationId]);
  assert.ok(Math.abs(Date.parse(seenAt) - Date.now()) < patience);
  assert.deepEqual([users.length, alone, optedOut], [1, 1, 0]);
  assert.deepEqual(user, {
    channelId: "directline",
    userId: "ada",
    conversationId: ada.conversationId,
    reachable: "whileConversationLives",
    group: false,
    optedOut: false,
  });
  const table = await done("users");
  assert.match(table, /^CHANNEL +USER +CONVERSATION +LAST HEARD OF +REACHABLE +LAST PROBLEM\ndirectline +ada +/);
  assert.match(table, /while the conversation lives\n\n1 in all; "send --all" reaches 1: /);
  ada.close();
});

test("a user hears what is sent to them, in the newest of their conversations, and status tells each hop", async () => {
  const older = await meet("bob");
  const newer = await meet("bob");
  const { code, stdout, stderr } = await operate(["--to", "bob", "--text", "for bob", "--wait"]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, new RegExp(`bob has 2 conversations. This goes to the newest, ${newer.conversationId} `));
  assert.match(
    stdout,
    /^On the queue: https:.*\nOne message for bob in conversation .*\n.*\ndelivered 1, failed 0, waiting 0\n$/,
  );
  assert.deepEqual(await next(newer), [comingBack("for bob")]);
  assert.deepEqual(older.received, []);

  const [, id = ""] = / status (\S+)/.exec(stdout) ?? [];
  const text = await eventually("the function's hop", async () => {
    const answer = await done("status", id);
    return answer.includes("taken by the function") && answer;
  });
  assert.match(text, new RegExp(`^Message +${id}\nStatus +delivered\n`));
  const hops = ["put on the queue", "taken by the function", "received by the bot", "taken by the channel"];
  assert.match(text, new RegExp(hops.map((hop) => `${hop} +\\S+Z.*`).join("\n")));
  const { status, tries, final, sentAt, hops: told1 } = await told("status", id);
  assert.deepEqual([status, tries, final, told1.length], ["delivered", 1, true, 4]);
  assert.ok(Date.parse(sentAt) > 0);
  for (const client of [older, newer]) client.close();
});

test("a conversation, a file and standard input", async () => {
  const client = await meet("carl");
  const id = "order 7 / confirmed?";
  const byId = ["--conversation", client.conversationId, "--text", "by its id", "--id", id];
  const { sent } = await told("send", ...byId);
  assert.deepEqual([sent.length, sent[0].id, sent[0].userId], [1, id, "carl"]);
  assert.deepEqual(await next(client), [comingBack("by its id")]);

  const { serviceUrl } = stack.description.local.directLine;
  const relatesTo = { channelId: "directline", serviceUrl, conversation: { id: client.conversationId } };
  const file = path.join(folder, "message.json");
  writeFileSync(file, JSON.stringify({ relatesTo, text: "from a file" }));
  assert.match(await done(file), /^On the queue: /);
  assert.deepEqual(await next(client), [comingBack("from a file")]);
  const input = JSON.stringify({ relatesTo, text: "from standard input", id: "its own" });
  const { stdout } = await operate(["-", "--json"], { input });
  assert.equal(JSON.parse(stdout).sent[0].id, "its own");
  assert.deepEqual(await next(client), [comingBack("from standard input")]);
  client.close();
});

test("what is sent for later comes then", async () => {
  const client = await meet("dora");
  const begin = Date.now();
  const { notBefore } = await told("--to", "dora", "--text", "later", "--at", "+5s");
  const due = Date.parse(notBefore);
  assert.ok(due >= begin + 5_000);
  assert.deepEqual(await next(client), [comingBack("later")]);
  const late = Date.now() - due;
  assert.ok(late >= 0 && late < 2_000, `it came ${late} ms after its time`);
  client.close();
});

test("everyone is asked once, however often it is sent under its id, and the summary is what deliveries say", async () => {
  const clients = await Promise.all(Array.from({ length: crowd }, (_, n) => meet(`learner-${n}`)));
  const { alone: everyone } = await told("users"); // with those of the tests before, whose conversations live
  assert.ok(everyone >= crowd);
  const command = ["--all", "--dialog", "newSurvey", "--id", "autumn", "--yes", "--wait", "60"];
  const { code, stdout, stderr } = await operate(command);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Batch: autumn\. If this ends too early, the same command with --id autumn goes on\.$/m);
  assert.match(stderr, new RegExp(`^${everyone}/${everyone} on the queue$`, "m"));
  assert.match(
    stdout,
    new RegExp(
      `^${everyone} messages, one for each person\n.*status autumn\ndelivered ${everyone}, failed 0, waiting 0$`,
      "m",
    ),
  );
  const again = await told(...command);
  assert.deepEqual([again.batch, again.sent.length, again.outcome.delivered], ["autumn", everyone, everyone]);
  await done("--all", "--text", "the last one", "--yes", "--wait");
  for (const client of clients) {
    const said = await client.waitFor(({ text }) => text === comingBack("the last one"), patience);
    assert.ok(said);
    assert.equal(client.received.filter(({ text }) => text?.startsWith("Welcome to the course!")).length, 1);
  }

  assert.match(await done("status", "autumn"), new RegExp(`delivered ${everyone}, failed 0, waiting 0`));
  const { counts: inBatch, messages: failures } = await told("status", "autumn", "--failed");
  assert.deepEqual([inBatch.delivered, failures], [everyone, []]);
  const { counts, messages } = await told("status", "--all", "--limit", "5");
  assert.ok(counts.delivered >= 2 * everyone);
  assert.equal(messages.length, 5);
  assert.match(
    await done("status", "--all", "--limit", "5"),
    /^ID +STATUS .*(\n.*){5}\n\ndelivered \d+, .* The newest 5 of \d+/,
  );
  for (const client of clients) client.close();
});

test("a reader who has seen enough ends no work: everyone still hears of it", async () => {
  const { alone } = await told("users");
  const script = ["-r", "tsx/cjs", "cli/index.ts", "--port", new URL(stack.description.local.page).port];
  const send = ["--all", "--text", "to all", "--id", "unread", "--yes"];
  const child = spawn(process.execPath, [...script, ...send], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  child.stderr.once("data", () => child.stderr.destroy()); // as `2>&1 | head -1` does
  child.stdout.destroy();
  assert.equal((await once(child, "close"))[0], 0);
  const isSaid = async () => (await operate(["status", "unread"])).stdout.includes(`delivered ${alone}, failed 0, `);
  await eventually("all of it", isSaid);
});

test("Ctrl-C while it waits ends it, and says how it is", async () => {
  const { code, stdout } = await operate(["--to", "ada", "--text", "x", "--at", "+1h", "--wait", "--json"], {
    onStderr: (said, child) => said.includes("0/1 delivered") && !child.killed && child.kill("SIGINT"),
  });
  assert.equal(code, 1);
  assert.deepEqual(JSON.parse(stdout).outcome.waiting, 1);
});

test("answers are there once a survey is confirmed", async () => {
  const client = await meet("emil");
  await done("--to", "emil", "--dialog", "newSurvey");
  await next(client, 2);
  for (const [answer, count] of [
    ["A lot", 1],
    ["7", 1],
    ["an ulterior motive", 2],
    ["yes", 1],
  ] as const) {
    await client.say(answer);
    await next(client, count);
  }
  const { answers } = await told("answers", "--user", "emil", "--dialog", "newSurvey");
  const { at, ...first } = answers[0];
  assert.ok(Date.parse(at) > 0);
  assert.deepEqual(first, {
    channelId: "directline",
    conversationId: client.conversationId,
    userId: "emil",
    dialog: "newSurvey",
    answers: { experience: "A lot", hours: 7, goal: "an ulterior motive" },
  });
  assert.match(await done("answers"), /emil .*experience: A lot; hours: 7; goal: an ulterior motive/);
  assert.equal(await done("answers", "--dialog", "oldSurvey"), "No answers yet.\n");
  client.close();
});

test("poison: what failed is listed with its reason, shown as it came, put back and dropped", async () => {
  const client = await meet("finn");
  const unknown = await operate(["--to", "finn", "--dialog", "noSuchSurvey", "--id", "typo", "--wait", "--json"]);
  assert.equal(unknown.code, 1);
  const { outcome } = JSON.parse(unknown.stdout);
  assert.match(outcome.reasons[0].reason, /dialog is not one of this bot's/);
  await operate(["--conversation", "no-such-conversation", "--text", "ulterior", "--id", "gone"]);
  await queue().sendMessage("no JSON at all");
  await poisoned(3);

  const list = await done("poison", "list");
  assert.match(list, /^QUEUE'S ID +OWN ID +SINCE +CONVERSATION +WHY\n/);
  assert.match(list, /typo .*dialog is not one of this bot's/);
  assert.match(list, /gone .*The conversation is gone \(the channel answered 404/);
  assert.match(list, /the message is not valid: \(message\) is not JSON/);
  assert.equal(JSON.parse(await done("poison", "show", "gone")).text, "ulterior");
  assert.equal((await told("poison", "show", "gone")).id, "gone");
  assert.match(await done("status", "--all", "--failed"), /gone +failed/);

  // A message whose host died: nothing is wrong with it.
  const { serviceUrl } = stack.description.local.directLine;
  const relatesTo = { channelId: "directline", serviceUrl, conversation: { id: client.conversationId } };
  const { messageId } = await queue("-poison").sendMessage(JSON.stringify({ relatesTo, text: "at last", attempt: 3 }));
  assert.deepEqual(await told("poison", "requeue", messageId), {
    requeued: [{ queueId: messageId, id: `requeued-${messageId}` }],
    failed: [],
  });
  assert.deepEqual(await next(client), [comingBack("at last")]);

  const hands = await queue("-poison").receiveMessages({ numberOfMessages: 32, visibilityTimeout: 60 });
  const inHand = /^About 3 messages are in bot-queue-poison, and what somebody else has in hand comes back within /;
  assert.match(await done("poison", "list"), inHand);
  assert.match(await done("poison", "requeue", "--all"), inHand);
  for (const { messageId, popReceipt } of hands.receivedMessageItems)
    await queue("-poison").updateMessage(messageId, popReceipt, undefined, 0);

  const all = await operate(["poison", "requeue", "--all"]);
  assert.equal(all.code, 1);
  assert.match(all.stdout, /^On the queue again: gone$/m);
  assert.match(all.stdout, /^On the queue again: typo$/m);
  assert.match(all.stdout, /Still in bot-queue-poison: \S+: It cannot be read, now or later: \(message\) is not JSON/);
  await poisoned(3, leaseTime + patience); // as bad as before; the bot's claims of the first time may still live
  await eventually("the second end of both", async () => (await isFailed("gone")) && (await isFailed("typo")));

  assert.equal(await done("poison", "drop", "typo"), "Dropped: typo\n");
  const twice = await operate(["poison", "drop", "typo"]);
  assert.deepEqual([twice.code, twice.stdout], [1, ""]);
  assert.match(twice.stderr, /No message typo is to be had in bot-queue-poison: "poison list"/);
  const unasked = await operate(["poison", "drop", "--all"]);
  assert.equal(unasked.code, 2);
  assert.match(unasked.stderr, /say --yes/);
  const { dropped } = await told("poison", "drop", "--all", "--yes");
  assert.equal(dropped.length, 2);
  assert.equal(await done("poison", "list"), "Nothing is in bot-queue-poison.\n");
  client.close();
});

test("the Teams app package is that of this stack's bot", async () => {
  const { botAppId, botEndpoint } = stack.description.outputs;
  const file = path.join(folder, "teams-app.zip");
  const { id } = await told("teams", "--out", file);
  const manifest = JSON.parse(strFromU8(unzipSync(readFileSync(file))["manifest.json"] ?? new Uint8Array()));
  assert.deepEqual([id, manifest.id, manifest.bots[0].botId], [botAppId, botAppId, botAppId]);
  assert.deepEqual(manifest.validDomains, [new URL(String(botEndpoint)).host]);
});

test("wrong usage is 2, a failure is 1, and both are sentences", async () => {
  const wrong: [string[], RegExp][] = [
    [[], /^Say one of FILE, --to USER, --conversation ID and --all/],
    [["--to", "ada"], /^Say --text TEXT or --dialog \[NAME\]/],
    [["--to", "ada", "--text", ""], /^--text is empty: /],
    [["--to", "ada", "--text", "x", "--at", "2020-01-01T00:00Z"], /^--at is .* has passed/],
    [["--colour", "red"], /^Unknown option '--colour'/],
    [["stauts"], /^There is neither a command nor a file "stauts"/],
    [["users", "--stack", "dev"], /^Say --stack or --port, not both/],
    [["status"], /^Say an ID, or --all/],
    [["status", ""], /^Say an ID, or --all/],
    [["poison"], /^Usage: [\s\S]*\nSay what to do: the list is above\.\n/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await operate(args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^\s+at /m);
  }
  const failed = await operate(["status", "never-sent", "--json"]);
  assert.equal(failed.code, 1);
  assert.match(JSON.parse(failed.stdout).error, /^Nothing is known of never-sent: /);
  const unsaid = await operate(["poison", "--json"]);
  assert.deepEqual([unsaid.code, JSON.parse(unsaid.stdout).error], [2, "Say what to do: the list is above."]);
  const large = await operate(["--to", "ada", "--text", "x".repeat(50_000)]);
  assert.equal(large.code, 1);
  assert.match(large.stderr, /The message is too large: \d+ bytes, at most 49152 are allowed/);
  assert.match(await done("--help"), /^Usage: npm run cli -- /);
});

test("without pulumi, a stack of its name cannot be found, and it says so", async () => {
  const script = ["-r", "tsx/cjs", "cli/index.ts", "users", "--stack", "dev"];
  const child = spawn(process.execPath, script, { cwd: root, env: { ...process.env, PATH: folder } });
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  assert.equal(code, 1);
  assert.match(stderr, /^There is no "pulumi" on PATH/m);
});
