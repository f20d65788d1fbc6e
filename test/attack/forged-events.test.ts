import assert from "node:assert/strict";
import { createServer as createHttpServer, type RequestListener } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { after, before, test } from "node:test";
import { signEvent } from "../../core/message/signed-event";
import { listen, stop } from "../../local/listen";
import { sendMessage } from "../../local/send-message";
import { comingBack, talk } from "../flow/talk";
import { eventually } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";

/** A chat user who knows everything but the secret, and two hosts that would like to have the bot's token. */
let stack: Awaited<ReturnType<typeof OwnStack.up>>;
const caught: string[] = [];
const listener: RequestListener = (request, response) => {
  caught.push(`${request.method} ${request.url} ${request.headers.authorization}`);
  response.end("{}");
};
const http = createHttpServer(listener);
let https: ReturnType<typeof createHttpsServer>;
let hosts: string[];
before(async () => {
  stack = await OwnStack.up();
  const { cert, key } = stack.cloud.certificates;
  https = createHttpsServer({ cert, key }, listener);
  hosts = [`http://127.0.0.1:${await listen(http)}/`, `https://127.0.0.1:${await listen(https)}/`];
});
after(async () => {
  await Promise.all([stop(http), stop(https)]);
  await stack?.down();
});

const wrongSecret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;

test("a forged event reaches nobody: no message, and no request to a host of the forger's", async () => {
  const victim = await talk(stack);
  const forger = await talk(stack);
  const reference = { channelId: "directline", conversation: { id: victim.conversationId } };
  const services = [...hosts, stack.description.local.directLine.serviceUrl];
  for (const serviceUrl of services) {
    const Message = JSON.stringify({
      relatesTo: { ...reference, serviceUrl },
      text: "forged",
      isTrustedServiceUrl: true,
    });
    const values = [{ Message }, signEvent(Message, "1", wrongSecret), JSON.parse(Message), Message, undefined];
    for (const value of values) {
      for (const from of [{ id: "user" }, { id: "proactive-function" }]) {
        await (await forger.post({ type: "event", name: "proactive", from, value })).text();
      }
    }
  }
  await victim.say("still there?");
  await victim.waitFor(2);
  assert.equal(victim.received.length, 2);
  assert.deepEqual(
    forger.received.filter(({ from }) => from.role === "bot"),
    [],
  );
  assert.deepEqual(caught, []);
  victim.close();
  forger.close();
});

test("whoever may write to the queue still cannot send the bot's token elsewhere", async () => {
  const client = await talk(stack);
  stack.log = "";
  const text = "to a host that is not on the list";
  for (const serviceUrl of hosts) {
    const relatesTo = { channelId: "directline" as const, serviceUrl, conversation: { id: client.conversationId } };
    await sendMessage(stack.description, { relatesTo, text, isTrustedServiceUrl: true });
  }
  const refused = () => stack.log.match(/ForbiddenServiceError/g)?.length ?? 0;
  await eventually("both are refused", () => refused() >= hosts.length);
  assert.equal(refused(), hosts.length);
  assert.deepEqual(caught, []);
  client.close();
});

test("an event that comes again is not delivered again", async () => {
  const victim = await talk(stack);
  const forger = await talk(stack);
  const { serviceUrl } = stack.description.local.directLine;
  const relatesTo = { channelId: "directline", serviceUrl, conversation: { id: victim.conversationId } };
  const overheard = signEvent(
    JSON.stringify({ relatesTo, text: "once" }),
    "1",
    String(stack.description.outputs.webhookSecret),
  );
  for (let i = 0; i < 3; i++) await forger.post({ type: "event", name: "proactive", value: overheard });
  await victim.say("only once?");
  await victim.waitFor(({ text }) => text === comingBack("only once?"));
  assert.equal(victim.received.filter(({ text }) => text?.endsWith("once")).length, 1);
  victim.close();
  forger.close();
});
