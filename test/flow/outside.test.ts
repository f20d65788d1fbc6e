import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { ManagedIdentityCredential } from "@azure/identity";
import { QueueClient } from "@azure/storage-queue";
import { type RunningStack, startStack } from "../harness/running-stack";
import { trustStack } from "../harness/trust-stack";
import { comingBack, talk, texts } from "./talk";

const run = promisify(execFile);

let stack: RunningStack;
let folder: string;
before(async () => {
  stack = await startStack();
  trustStack(stack);
  folder = mkdtempSync(path.join(tmpdir(), "outside-"));
});
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack?.stop();
});

/** The queue as any program with Azure's SDK sees it. */
function queue(suffix = ""): QueueClient {
  const { endpoint, header, operatorClientId } = stack.description.local.identity;
  process.env.IDENTITY_ENDPOINT = endpoint;
  process.env.IDENTITY_HEADER = header;
  const credential = new ManagedIdentityCredential({ clientId: operatorClientId });
  return new QueueClient(`${stack.description.outputs.queueUrl}${suffix}`, credential);
}

/** A message as the 2018 template's users wrote it, to a conversation that lives. */
function message2018(conversationId: string, text: string) {
  return {
    relatesTo: {
      activityId: `${conversationId}|0000000`,
      user: { id: "user", name: "User" },
      bot: { id: stack.description.outputs.botName, name: "Bot" },
      conversation: { id: conversationId },
      channelId: "directline",
      serviceUrl: stack.description.local.directLine.serviceUrl,
    },
    text,
    isTrustedServiceUrl: true,
  };
}

const encodings: Record<string, (json: string) => string> = {
  "plain text": (json) => json,
  Base64: (json) => Buffer.from(json).toString("base64"),
};

for (const [name, encode] of Object.entries(encodings)) {
  test(`the 2018 JSON, put on the queue by Azure's SDK as ${name}, arrives in its conversation`, async () => {
    const client = await talk(stack);
    await queue().sendMessage(encode(JSON.stringify(message2018(client.conversationId, `as ${name}`))));
    assert.deepEqual(texts(await client.waitFor(1)), [comingBack(`as ${name}`)]);
    client.close();
  });
}

/** `npm run send`, without npm. The stack's port tells it from others on this machine. */
function send(...args: string[]) {
  const port = new URL(stack.description.local.page).port;
  const script = ["-r", "tsx/cjs", "operator/index.ts", "--port", port, ...args];
  return run(process.execPath, script, { cwd: path.resolve(__dirname, "../..") });
}

test("npm run send makes the bot speak, from options and from a file", async () => {
  const client = await talk(stack);
  const { stdout } = await send("--conversation", client.conversationId, "--text", "from options");
  assert.match(stdout, /^On the queue: https:/);
  await client.waitFor(1);
  const file = path.join(folder, "message.json");
  writeFileSync(file, JSON.stringify(message2018(client.conversationId, "from a file")));
  await send(file);
  assert.deepEqual(texts(await client.waitFor(2)), [comingBack("from options"), comingBack("from a file")]);
  client.close();
});

test("npm run send says what is wrong and sends nothing", async () => {
  const file = path.join(folder, "wrong.json");
  writeFileSync(file, JSON.stringify({ relatesTo: { channelId: "directline" }, text: "x" }));
  await assert.rejects(send(file), { code: 1, stderr: /Nothing was sent: relatesTo\.conversation is missing/ });
  await assert.rejects(send("--text", "to nobody"), {
    code: 2,
    stderr: /Say one of FILE, --to USER, --conversation ID and --all/,
  });
  await assert.rejects(send("--colour", "red"), { code: 2, stderr: /Unknown option '--colour'/ });
});

test("bad messages go to the poison queue with a reason that names the field, and the next good one is not held up", async () => {
  const client = await talk(stack);
  const good = message2018(client.conversationId, "good");
  const bad: [RegExp, unknown][] = [
    [/\(message\) is not JSON/, "no JSON at all"],
    [/relatesTo is missing/, { text: "nobody" }],
    [/text is not valid: expected string, received number/, { ...good, text: 5 }],
    [/\(message\) is too large: \d+ bytes, at most 49152/, { ...good, text: "x".repeat(49_000) }],
    [/relatesTo\.channelId is not valid/, { ...good, relatesTo: { ...good.relatesTo, channelId: "pigeon" } }],
    [
      /serviceUrl https:\/\/evil\.example .*allow-list/,
      { ...good, relatesTo: { ...good.relatesTo, serviceUrl: "https://evil.example/" } },
    ],
    [/404: .*Conversation not found/, message2018("no-such-conversation", "to nobody")],
  ];
  const sent = bad.map(([, body]) => (typeof body === "string" ? body : JSON.stringify(body)));
  for (const text of sent) await queue().sendMessage(text);
  const begin = performance.now();
  await queue().sendMessage(JSON.stringify(good));
  assert.deepEqual(texts(await client.waitFor(1)), [comingBack("good")]);
  assert.ok(performance.now() - begin < 15_000, "the good message was held up"); // a try of the host's would be 30 s later

  const poison = queue("-poison");
  const found: string[] = [];
  while (found.length < sent.length) {
    const { receivedMessageItems } = await poison.receiveMessages({ numberOfMessages: 32 });
    found.push(...receivedMessageItems.map(({ messageText }) => messageText));
  }
  assert.deepEqual(found.sort(), sent.sort());
  for (let i = 0; i < 100 && !bad.every(([reason]) => reason.test(stack.stderr())); i++) await sleep(50); // it is logged last
  for (const [reason] of bad) assert.match(stack.stderr(), reason);
  client.close();
});
