import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ManagedIdentityCredential } from "@azure/identity";
import { QueueClient } from "@azure/storage-queue";
import { fromQueueText, toQueueText, withExactText } from "../../core/queue/queue-text";
import { eventually } from "../harness/eventually";
import { type RunningStack, startStack } from "../harness/running-stack";
import { trustStack } from "../harness/trust-stack";
import { comingBack, talk, texts } from "./talk";

let stack: RunningStack;
before(async () => {
  stack = await startStack();
  trustStack(stack);
});
after(() => stack?.stop());

/** The queue as any program with Azure's SDK sees it; this one keeps line breaks. */
function queue(suffix = ""): QueueClient {
  const { endpoint, header, operatorClientId } = stack.description.local.identity;
  process.env.IDENTITY_ENDPOINT = endpoint;
  process.env.IDENTITY_HEADER = header;
  const credential = new ManagedIdentityCredential({ clientId: operatorClientId });
  return withExactText(new QueueClient(`${stack.description.outputs.queueUrl}${suffix}`, credential));
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

/** As the 2018 bot's own `Message` class wrote it: Json.NET kept the names of its properties, and wrote null for what was not set. */
function byJsonNet(json: string): string {
  const { relatesTo, text, isTrustedServiceUrl } = JSON.parse(json);
  const { user, bot, conversation } = relatesTo;
  const none = { aadObjectId: null, role: null };
  const RelatesTo = { ...relatesTo, user: { ...user, ...none }, bot: { ...bot, ...none }, locale: null };
  RelatesTo.conversation = {
    isGroup: null,
    conversationType: null,
    ...conversation,
    name: null,
    ...none,
    tenantId: null,
  };
  return JSON.stringify({ RelatesTo, Text: text, IsTrustedServiceUrl: isTrustedServiceUrl });
}

/** As Python's SDK writes a reference. */
function bySnakes(json: string): string {
  return json.replace(/"(\w+)":/g, (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`));
}

const encodings: Record<string, (json: string) => string> = {
  "plain text": (json) => json,
  Base64: (json) => Buffer.from(json).toString("base64"),
  "the 2018 bot wrote it": byJsonNet,
  "the 2018 bot wrote it, in Base64": (json) => Buffer.from(byJsonNet(json)).toString("base64"),
  "Python writes it": bySnakes,
  "a file from Windows": (json) => JSON.stringify(JSON.parse(json), null, 2).replaceAll("\n", "\r\n"),
  "Base64 of UTF-16": (json) => Buffer.from(`\ufeff${json}`, "utf16le").toString("base64"),
};

for (const [name, encode] of Object.entries(encodings)) {
  test(`the 2018 JSON, put on the queue by Azure's SDK as ${name}, arrives in its conversation`, async () => {
    const client = await talk(stack);
    const json = JSON.stringify(message2018(client.conversationId, `as ${name}`));
    await queue().sendMessage(toQueueText(encode(json)));
    assert.deepEqual(texts(await client.waitFor(1)), [comingBack(`as ${name}`)]);
    client.close();
  });
}

test("bad messages go to the poison queue with a reason that names the field, and the next good one is not held up", async () => {
  const client = await talk(stack);
  const good = message2018(client.conversationId, "good");
  const bad: [RegExp, unknown][] = [
    [/\(message\) is not JSON/, "no JSON\r\nat all"],
    [/relatesTo is missing/, { text: "nobody" }],
    [/text is not valid: expected string, received number/, { ...good, text: 5 }],
    [/\(message\) is not valid: expected object/, "89e7073266"],
    [
      /relatesTo\.locale is not valid/,
      `{"relatesTo":{"locale":[]},"twice":1,"twice":12345678901234567890}`.replace(
        '{"locale',
        `${JSON.stringify(good.relatesTo).slice(0, -1)},"locale`,
      ),
    ],
    [/text is there twice, as "text" and "Text"/, { ...good, Text: "x" }],
    [/\(message\) is too large: \d+ bytes, at most 49152/, { ...good, text: "x".repeat(49_000) }],
    [/relatesTo\.channelId is not valid/, { ...good, relatesTo: { ...good.relatesTo, channelId: "pigeon" } }],
    [
      /serviceUrl https:\/\/evil\.example .*allow-list/,
      { ...good, relatesTo: { ...good.relatesTo, serviceUrl: "https://evil.example/" } },
    ],
    [/404: .*Conversation not found/, message2018("no-such-conversation", "to nobody")],
  ];
  const sent = bad.map(([, body]) => (typeof body === "string" ? body : JSON.stringify(body)));
  for (const text of sent) await queue().sendMessage(toQueueText(text));
  const begin = performance.now();
  await queue().sendMessage(JSON.stringify(good));
  assert.deepEqual(texts(await client.waitFor(1)), [comingBack("good")]);
  assert.ok(performance.now() - begin < 30_000, "the good message was held up"); // the host tries again after 30 s

  const poison = queue("-poison");
  const found: string[] = [];
  while (found.length < sent.length) {
    const { receivedMessageItems } = await poison.receiveMessages({ numberOfMessages: 32 });
    found.push(...receivedMessageItems.map(({ messageText }) => fromQueueText(messageText)));
  }
  assert.deepEqual(found.sort(), sent.sort());
  for (const [reason] of bad) await eventually(`the log has ${reason}`, () => reason.test(stack.stderr()));
  client.close();
});
