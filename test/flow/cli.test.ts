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
import { deliveriesTable, referencesTable } from "../../core/names";
import { mapConcurrent } from "../../core/promises";
import { Deliveries, type Delivery, leaseTime } from "../../core/tables/deliveries";
import { Table } from "../../core/tables/table";
import { operatorCredential } from "../../local/operator-credential";
import { DirectLineClient } from "../harness/direct-line-client";
import { eventually, patience } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";
import { type Ended, runCli } from "../harness/run-cli";
import { comingBack, texts } from "./talk";

const root = path.resolve(__dirname, "../..");
const crowd = 20;

let stack: Awaited<ReturnType<typeof OwnStack.up>>;
let folder: string;
before(async () => {
  stack = await OwnStack.up({ teams: "true" });
  folder = mkdtempSync(path.join(tmpdir(), "cli-"));
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack?.down();
});

/** `npm run cli -- ARGS`. */
function run(args: string[], options?: Parameters<typeof runCli>[2]): Promise<Ended> {
  return runCli(stack.description, args, options);
}

/** Its stdout; it must succeed. */
async function output(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args);
  assert.equal(code, 0, stderr + stdout);
  return stdout;
}

/** The object that it prints with `--json`. */
async function json(...args: string[]) {
  return JSON.parse(await output(...args, "--json"));
}

/** A user whose conversation the bot knows. */
async function meet(name: string): Promise<DirectLineClient> {
  const { domain, secret } = stack.description.local.directLine;
  const client = await DirectLineClient.open(domain, secret, name);
  await client.say("hello");
  await next(client, 2);
  await eventually(`the bot knows ${name}`, () => isKnown(client));
  return client;
}

async function isKnown({ conversationId }: DirectLineClient): Promise<boolean> {
  const filter = odata`conversationId eq ${conversationId}`;
  return !(await table(referencesTable).list({ filter }).next()).done;
}

/** What the bot said since the last look, once that is so much. */
async function next(client: DirectLineClient, count = 1): Promise<string[]> {
  const said = texts(await client.waitFor(count, patience));
  client.received.length = 0;
  return said;
}

function table(name: string): Table {
  return new Table(stack.description.local.tableService, name, operatorCredential(stack.description));
}

/** Whether each row of a batch, or a message's, has this status. */
async function areAll(status: Delivery["status"], beginning: string): Promise<boolean> {
  const rows = await new Deliveries(table(deliveriesTable)).list(beginning);
  return rows.length > 0 && rows.every((row) => row.status === status);
}

/** Resolves when the poison queue holds so many that anybody could take. */
async function poisoned(count: number, milliseconds = patience): Promise<void> {
  const isSo = async () =>
    (await queue("-poison").peekMessages({ numberOfMessages: 32 })).peekedMessageItems.length === count;
  await eventually(`${count} messages in the poison queue`, isSo, milliseconds);
}

/** A queue as any program with Azure's SDK sees it. */
function queue(suffix = ""): QueueClient {
  return new QueueClient(`${stack.description.outputs.queueUrl}${suffix}`, operatorCredential(stack.description));
}

test("users lists the users that the bot can reach", async () => {
  assert.match(await output("users"), /^No users yet\. /);
  const ada = await meet("ada");
  const { users, alone, optedOut } = await json("users");
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
  const table = await output("users");
  assert.match(table, /^CHANNEL +USER +CONVERSATION +LAST SEEN +REACHABLE +LAST PROBLEM\ndirectline +ada +/);
  assert.match(table, /while the conversation is open\n\n1 in total\. "send --all" reaches 1: /);
  ada.close();
});

test("send --to reaches a user in their most recent conversation, and status shows each hop", async () => {
  const older = await meet("bob");
  const newer = await meet("bob");
  const { code, stdout, stderr } = await run(["send", "--to", "bob", "--text", "for bob", "--wait"]);
  assert.equal(code, 0, stderr);
  assert.match(
    stderr,
    new RegExp(`bob has 2 conversations. The message goes to the most recent one, ${newer.conversationId} `),
  );
  assert.match(
    stdout,
    /^On the queue: 1 message for bob in conversation .*\nQueue: https:.*\nStatus: .*\ndelivered 1, failed 0, waiting 0\n$/,
  );
  assert.deepEqual(await next(newer), [comingBack("for bob")]);
  assert.deepEqual(older.received, []);

  const [, id = ""] = / status (\S+)/.exec(stdout) ?? [];
  const isDequeued = async () => (await new Deliveries(table(deliveriesTable)).list(id))[0]?.dequeuedAt !== undefined;
  await eventually("the function has dequeued it", isDequeued);
  const text = await output("status", id);
  assert.match(text, new RegExp(`^Message +${id}\nStatus +delivered\n`));
  const hops = ["put on the queue", "dequeued by the function", "received by the bot", "accepted by the channel"];
  assert.match(text, new RegExp(hops.map((hop) => `${hop} +\\S+Z.*`).join("\n")));
  const { status, tries, final, sentAt, hops: told1 } = await json("status", id);
  assert.deepEqual([status, tries, final, told1.length], ["delivered", 1, true, 4]);
  assert.ok(Date.parse(sentAt) > 0);
  for (const client of [older, newer]) client.close();
});

test("send takes a conversation, a file and standard input", async () => {
  const client = await meet("carl");
  const id = "order 7 / confirmed?";
  const byId = ["--conversation", client.conversationId, "--text", "by its id", "--id", id];
  const { sent } = await json("send", ...byId);
  assert.deepEqual([sent.length, sent[0].id, sent[0].userId], [1, id, "carl"]);
  assert.deepEqual(await next(client), [comingBack("by its id")]);

  const { serviceUrl } = stack.description.local.directLine;
  const relatesTo = { channelId: "directline", serviceUrl, conversation: { id: client.conversationId } };
  const file = path.join(folder, "message.json");
  writeFileSync(file, JSON.stringify({ relatesTo, text: "from a file" }));
  assert.match(await output("send", file), /^On the queue: /);
  assert.deepEqual(await next(client), [comingBack("from a file")]);
  const input = JSON.stringify({ relatesTo, text: "from standard input", id: "its own" });
  const { stdout } = await run(["send", "-", "--json"], { input });
  assert.equal(JSON.parse(stdout).sent[0].id, "its own");
  assert.deepEqual(await next(client), [comingBack("from standard input")]);
  client.close();
});

test("--at delivers a message at its time", async () => {
  const client = await meet("dora");
  const begin = Date.now();
  const { notBefore } = await json("send", "--to", "dora", "--text", "later", "--at", "+5s");
  const due = Date.parse(notBefore);
  assert.ok(due >= begin + 5_000);
  assert.deepEqual(await next(client), [comingBack("later")]);
  const late = Date.now() - due;
  assert.ok(late >= 0 && late < 30_000, `it came ${late} ms after its time`); // the host would try again after 30 s
  client.close();
});

test("send --all reaches everyone once under its id, and the summary is that of deliveries", async () => {
  const names = Array.from({ length: crowd }, (_, n) => `learner-${n}`);
  const clients = await mapConcurrent(4, names, meet);
  const { alone: everyone } = await json("users"); // with those of the tests before, whose conversations live
  assert.ok(everyone >= crowd);
  const command = ["send", "--all", "--dialog", "newSurvey", "--id", "autumn", "--yes", "--wait", "60"];
  const { code, stdout, stderr } = await run(command);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Batch: autumn\. To continue after an interruption, run the same command with --id autumn\.$/m);
  assert.match(stderr, new RegExp(`^${everyone}/${everyone} on the queue$`, "m"));
  assert.match(
    stdout,
    new RegExp(
      `^On the queue: ${everyone} messages, one for each person\n.*\n.*status autumn\ndelivered ${everyone}, failed 0, waiting 0$`,
      "m",
    ),
  );
  const again = await json(...command);
  assert.deepEqual([again.batch, again.sent.length, again.outcome.delivered], ["autumn", everyone, everyone]);
  await output("send", "--all", "--text", "the last one", "--yes", "--wait");
  for (const client of clients) {
    const said = await client.waitFor(({ text }) => text === comingBack("the last one"), patience);
    assert.ok(said);
    assert.equal(client.received.filter(({ text }) => text?.startsWith("Welcome to the course!")).length, 1);
  }

  assert.match(await output("status", "autumn"), new RegExp(`delivered ${everyone}, failed 0, waiting 0`));
  const { counts: inBatch, messages: failures } = await json("status", "autumn", "--failed");
  assert.deepEqual([inBatch.delivered, failures], [everyone, []]);
  const { counts, messages } = await json("status", "--all", "--limit", "5");
  assert.ok(counts.delivered >= 2 * everyone);
  assert.equal(messages.length, 5);
  assert.match(
    await output("status", "--all", "--limit", "5"),
    /^ID +STATUS .*(\n.*){5}\n\ndelivered \d+, .* These are the newest 5 of \d+/,
  );
  for (const client of clients) client.close();
});

test("a closed output does not stop the work: everyone still gets the message", async () => {
  const { alone } = await json("users");
  const script = ["scripts/run.cjs", "cli/index.ts", "--port", new URL(stack.description.local.page).port];
  const send = ["send", "--all", "--text", "to all", "--id", "unread", "--yes"];
  const child = spawn(process.execPath, [...script, ...send], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  child.stderr.once("data", () => child.stderr.destroy()); // as `2>&1 | head -1` does
  child.stdout.destroy();
  assert.equal((await once(child, "close"))[0], 0);
  await eventually("everyone got it", () => areAll("delivered", "unread/"));
  assert.match(await output("status", "unread"), new RegExp(`delivered ${alone}, failed 0, `));
});

test("Ctrl-C ends --wait, and the report has the state so far", async () => {
  const { code, stdout } = await run(["send", "--to", "ada", "--text", "x", "--at", "+1h", "--wait", "--json"], {
    onStderr: (said, child) => said.includes("0/1 delivered") && !child.killed && child.kill("SIGINT"),
  });
  assert.equal(code, 1);
  assert.deepEqual(JSON.parse(stdout).outcome.waiting, 1);
});

test("answers lists the answers of a confirmed survey", async () => {
  const client = await meet("emil");
  await output("send", "--to", "emil", "--dialog", "newSurvey");
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
  const { answers } = await json("answers", "--user", "emil", "--dialog", "newSurvey");
  const { at, ...first } = answers[0];
  assert.ok(Date.parse(at) > 0);
  assert.deepEqual(first, {
    channelId: "directline",
    conversationId: client.conversationId,
    userId: "emil",
    dialog: "newSurvey",
    answers: { experience: "A lot", hours: 7, goal: "an ulterior motive" },
  });
  assert.match(await output("answers"), /emil .*experience: A lot; hours: 7; goal: an ulterior motive/);
  assert.equal(await output("answers", "--dialog", "oldSurvey"), "No answers yet.\n");
  client.close();
});

test("poison lists failed messages with their reasons, shows them as they came, requeues and drops them", async () => {
  const client = await meet("finn");
  const unknown = await run(["send", "--to", "finn", "--dialog", "noSuchSurvey", "--id", "typo", "--wait", "--json"]);
  assert.equal(unknown.code, 1);
  const { outcome } = JSON.parse(unknown.stdout);
  assert.match(outcome.reasons[0].reason, /dialog is not one of this bot's/);
  await run(["send", "--conversation", "no-such-conversation", "--text", "ulterior", "--id", "gone"]);
  await queue().sendMessage("no JSON at all");
  await poisoned(3);

  const list = await output("poison", "list");
  assert.match(list, /^QUEUE ID +OWN ID +SINCE +CONVERSATION +REASON\n/);
  assert.match(list, /typo .*dialog is not one of this bot's/);
  assert.match(list, /gone .*The conversation is gone \(the channel answered 404/);
  assert.match(list, /The message is not valid: \(message\) is not JSON/);
  assert.equal(JSON.parse(await output("poison", "show", "gone")).text, "ulterior");
  assert.equal((await json("poison", "show", "gone")).id, "gone");
  assert.match(await output("status", "--all", "--failed"), /gone +failed/);

  // A message whose host died: nothing is wrong with it.
  const { serviceUrl } = stack.description.local.directLine;
  const relatesTo = { channelId: "directline", serviceUrl, conversation: { id: client.conversationId } };
  const { messageId } = await queue("-poison").sendMessage(JSON.stringify({ relatesTo, text: "at last", attempt: 3 }));
  assert.deepEqual(await json("poison", "requeue", messageId), {
    requeued: [{ queueId: messageId, id: `requeued-${messageId}` }],
    failed: [],
  });
  assert.deepEqual(await next(client), [comingBack("at last")]);

  const hands = await queue("-poison").receiveMessages({ numberOfMessages: 32, visibilityTimeout: 60 });
  const inHand =
    /^The queue bot-queue-poison has about 3 messages, but another reader holds them\. .* within two minutes\.$/m;
  assert.match(await output("poison", "list"), inHand);
  assert.match(await output("poison", "requeue", "--all"), inHand);
  for (const { messageId, popReceipt } of hands.receivedMessageItems)
    await queue("-poison").updateMessage(messageId, popReceipt, undefined, 0);

  const all = await run(["poison", "requeue", "--all"]);
  assert.equal(all.code, 1);
  assert.match(all.stdout, /^gone is requeued\.$/m);
  assert.match(all.stdout, /^typo is requeued\.$/m);
  assert.match(
    all.stdout,
    /\S+ is still in bot-queue-poison\. The message is invalid, and no retry can succeed: \(message\) is not JSON/,
  );
  await poisoned(3, leaseTime + patience); // as bad as before; the bot's claims of the first time may still live
  await eventually("both have failed again", async () => (await areAll("failed", "gone")) && areAll("failed", "typo"));

  assert.equal(await output("poison", "drop", "typo"), "typo is dropped.\n");
  const twice = await run(["poison", "drop", "typo"]);
  assert.deepEqual([twice.code, twice.stdout], [1, ""]);
  assert.match(twice.stderr, /^The queue bot-queue-poison has no message typo at the moment\. "poison list"/m);
  const unasked = await run(["poison", "drop", "--all"]);
  assert.equal(unasked.code, 2);
  assert.match(unasked.stderr, /Add --yes/);
  const { dropped } = await json("poison", "drop", "--all", "--yes");
  assert.equal(dropped.length, 2);
  assert.equal(await output("poison", "list"), "The queue bot-queue-poison is empty.\n");
  client.close();
});

test("teams packs the app of this stack's bot", async () => {
  const { botAppId, botEndpoint } = stack.description.outputs;
  const file = path.join(folder, "teams-app.zip");
  const { id } = await json("teams", "--out", file);
  const manifest = JSON.parse(strFromU8(unzipSync(readFileSync(file))["manifest.json"] ?? new Uint8Array()));
  assert.deepEqual([id, manifest.id, manifest.bots[0].botId], [botAppId, botAppId, botAppId]);
  assert.deepEqual(manifest.validDomains, [new URL(String(botEndpoint)).host]);
});

test("invalid usage exits with 2, a failure with 1, and both print a sentence", async () => {
  const wrong: [string[], RegExp][] = [
    [["send", "--text", "x"], /^Give exactly one recipient: FILE, --to USER, --conversation ID or --all/],
    [["send", "--to", "ada"], /^Give exactly one content: --text TEXT or --dialog \[NAME\]/],
    [["send", "--to", "ada", "--text", ""], /^--text is empty\. /],
    [["send", "--to", "ada", "--text", "x", "--at", "2020-01-01T00:00Z"], /^--at is .* in the past/],
    [["--colour", "red"], /^Unknown option '--colour'/],
    [["stauts"], /^Unknown command 'stauts'\. Did you mean status\?\n/],
    [["send", "no-such-file"], /^The file "no-such-file" does not exist/],
    [["users", "--stack", "dev"], /--stack .*--port/],
    [["status"], /^Give either an ID or --all/],
    [["status", ""], /^Give either an ID or --all/],
    [["poison"], /^Usage: [\s\S]*\nThe command is missing\. The list above shows the commands\.\n/],
  ];
  for (const [args, message] of wrong) {
    const { code, stdout, stderr } = await run(args);
    assert.deepEqual([code, stdout], [2, ""], args.join(" "));
    assert.match(stderr, message);
    assert.doesNotMatch(stderr, /^\s+at /m);
  }
  const failed = await run(["status", "never-sent", "--json"]);
  assert.equal(failed.code, 1);
  assert.match(JSON.parse(failed.stdout).error, /^No message with the id never-sent is known\. /);
  const unsaid = await run(["poison", "--json"]);
  assert.deepEqual(
    [unsaid.code, JSON.parse(unsaid.stdout).error],
    [2, "The command is missing. The list above shows the commands."],
  );
  const large = await run(["send", "--to", "ada", "--text", "x".repeat(50_000)]);
  assert.equal(large.code, 1);
  assert.match(large.stderr, /The message is too large: \d+ bytes, at most 49152 are allowed/);
  assert.match(await output("--help"), /^Usage: npm run cli -- /);
});

test("without a command it prints the help on stdout", async () => {
  const child = spawn(process.execPath, ["scripts/run.cjs", "cli/index.ts"], { cwd: root });
  let stdout = "";
  child.stdout.on("data", (text) => {
    stdout += text;
  });
  const [code] = await once(child, "close");
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^Usage: npm run cli -- [\s\S]*\nCommands:\n[\s\S]*\nExit codes: 0 success, 1 failure, 2 invalid usage\.\n/,
  );
});

test("without pulumi on PATH, --stack is refused with the reason", async () => {
  const script = ["scripts/run.cjs", "cli/index.ts", "users", "--stack", "dev"];
  const child = spawn(process.execPath, script, { cwd: root, env: { ...process.env, PATH: folder } });
  let stderr = "";
  child.stderr.on("data", (text) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  assert.equal(code, 1);
  assert.match(stderr, /^There is no "pulumi" on PATH/m);
});
