import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { TableClient } from "@azure/data-tables";
import { signEvent } from "../../core/message/signed-event";
import { deliveriesTable } from "../../core/names";
import { operatorCredential } from "../../local/operator-credential";
import { comingBack, talk, texts } from "../flow/talk";
import type { DirectLineClient } from "../harness/direct-line-client";
import { patience } from "../harness/eventually";
import { OwnStack } from "../harness/own-stack";

/** Somebody who has found the custom API's address and its document, and maybe overheard a request. */
let stack: Awaited<ReturnType<typeof OwnStack.up>>;
let victim: DirectLineClient;
let secret: string;
before(async () => {
  stack = await OwnStack.up();
  secret = String(stack.description.outputs.webhookSecret);
  victim = await talk(stack);
});
after(async () => {
  victim?.close();
  await stack?.down();
});

const wrongSecret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;

interface Sent {
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

function message(text: string, fields: object = {}): string {
  const { serviceUrl } = stack.description.local.directLine;
  const relatesTo = { channelId: "directline", serviceUrl, conversation: { id: victim.conversationId } };
  return JSON.stringify({ relatesTo, text, ...fields });
}

function signed(body: string, key = secret, at = new Date()) {
  const { Message, ...headers } = signEvent(body, randomUUID(), key, at);
  return { body: Message, headers };
}

/** Returns the status; no answer may hold a secret. */
async function send({ headers, body }: Sent): Promise<number> {
  const response = await fetch(String(stack.description.outputs.notifyUrl), { method: "POST", headers, body });
  const answer = (await response.text()) + JSON.stringify([...response.headers]);
  assert.doesNotMatch(answer, /whsec_|ulterior/);
  return response.status;
}

/** Refused, in one of the two ways that a stranger gets to know. */
function assertRefused(status: number, what: string): void {
  assert.ok([401, 429].includes(status), `${what}: ${status}`);
}

/** A request as no well-behaved client would make it. */
function open(headers: Record<string, string | number>) {
  const url = new URL(String(stack.description.outputs.notifyUrl));
  const opened = request(url, { method: "POST", headers });
  const answered = new Promise<IncomingMessage>((resolve, reject) =>
    opened.on("response", resolve).on("error", reject),
  );
  return { opened, answered };
}

/** What the victim has heard, when everything that was let in has been said. */
async function heard(): Promise<string[]> {
  const last = randomUUID();
  assert.equal(await send(signed(message(last))), 202);
  await victim.waitFor(({ text }) => text === comingBack(last), patience);
  const said = texts(victim.received).filter((text) => text !== comingBack(last));
  victim.received.length = 0;
  return said;
}

async function deliveries(): Promise<number> {
  const client = new TableClient(
    stack.description.local.tableService,
    deliveriesTable,
    operatorCredential(stack.description),
  );
  let count = 0;
  for await (const _ of client.listEntities()) count++;
  return count;
}

test("what this stack's secret has not signed, just now and to the byte, reaches nobody and leaves nothing behind", async () => {
  const { body, headers } = signed(message("ulterior"));
  const { "webhook-signature": signature, "webhook-id": id, "webhook-timestamp": time } = headers;
  const old = new Date(Date.now() - 6 * 60_000);
  const forgeries: Record<string, Sent> = {
    "no headers": { body },
    "another secret": signed(body, wrongSecret),
    "the specification's own example key": signed(body, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
    "an old request": signed(body, secret, old),
    "an old request with a new time": {
      body,
      headers: { ...signed(body, secret, old).headers, "webhook-timestamp": time },
    },
    "another text under an overheard signature": { body: message("other"), headers },
    "the same JSON, spelled otherwise": { body: JSON.stringify(JSON.parse(body), null, 1), headers },
    "a byte less": { body: body.slice(0, -1), headers },
    "a byte more": { body: `${body}\n`, headers },
    "a byte order mark": { body: `\uFEFF${body}`, headers },
    "the fields moved": { body: body.slice(1), headers: { ...headers, "webhook-timestamp": `${time}.{` } },
    "no version": { body, headers: { ...headers, "webhook-signature": signature.slice(3) } },
    "an empty signature": { body, headers: { ...headers, "webhook-signature": "v1," } },
    "a bearer token": { body, headers: { authorization: `Bearer ${secret}`, "webhook-id": id } },
    "packed after it was signed": {
      body: Uint8Array.from(gzipSync(body)),
      headers: { ...headers, "content-encoding": "gzip" },
    },
  };
  const before = await deliveries();
  for (const [what, request] of Object.entries(forgeries)) assertRefused(await send(request), what);
  assert.equal(await deliveries(), before);
  assert.deepEqual(await heard(), []);
});

test("an overheard request says nothing twice, and says it to nobody else", async () => {
  const overheard = signed(message("once"));
  for (let i = 0; i < 5; i++) assert.equal(await send(overheard), 202);
  const spelled = { ...overheard.headers, "webhook-signature": `v1,AAAA ${overheard.headers["webhook-signature"]}` };
  assert.equal(await send({ ...overheard, headers: spelled }), 202);
  assert.deepEqual(await heard(), [comingBack("once")]);
});

test("a signature is over bytes: what looks the same, or is repaired, is another text", async () => {
  const texts = ["é", "e\u0301", "\u2028\u0000\uFFFE", "👋🏽", "\uFFFD", "‮gnp.exe", "\\ud800"];
  for (const text of texts) {
    const { body, headers } = signed(message(text));
    assert.equal(await send({ body, headers }), 202, JSON.stringify(text));
    const bytes = Uint8Array.from(Buffer.from(body));
    assert.equal(await send({ body: bytes, headers }), 202);
  }
  assert.deepEqual((await heard()).sort(), texts.map(comingBack).sort());

  const composed = signed(message("é"));
  assertRefused(await send({ ...composed, body: message("e\u0301") }), "decomposed");
  const replaced = signed(message("\uFFFD"));
  for (const bad of [[0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0xaf]]) {
    const [start = "", end = ""] = replaced.body.split("\uFFFD");
    const body = Uint8Array.from(Buffer.concat([Buffer.from(start), Buffer.from(bad), Buffer.from(end)]));
    assertRefused(
      await send({ ...replaced, body }),
      "bytes that are no text, and would be repaired to what was signed",
    );
  }
  assert.deepEqual(await heard(), []);
});

test("content type, form and way of sending give nothing away and let nothing in", async () => {
  const forms: Sent[] = ["text/html", "multipart/form-data", "application/xml", "application/json; charset=latin1"].map(
    (type) => ({ headers: { "content-type": type } }),
  );
  for (const { headers: type } of forms) {
    const { body, headers } = signed(message("typed"));
    assert.equal(await send({ body, headers: { ...headers, ...type } }), 202);
    assertRefused(await send({ body: message("ulterior"), headers: { ...headers, ...type } }), JSON.stringify(type));
  }
  assert.equal(await send(signed(Buffer.from(message("as Base64")).toString("base64"))), 202);

  const { body, headers } = signed(message("in pieces"));
  const { opened, answered } = open({ ...headers, "transfer-encoding": "chunked" });
  for (const byte of body) opened.write(byte);
  opened.end();
  assert.equal((await answered).statusCode, 202);
  const expected = [...forms.map(() => "typed"), "as Base64", "in pieces"].map(comingBack);
  assert.deepEqual((await heard()).sort(), expected.sort());
});

test("who sends too much is told so before it has come, who stops in the middle has said nothing", async () => {
  const { headers } = signed("x", wrongSecret);
  const announced = open({ ...headers, "content-length": 10_000_000_000 });
  announced.opened.write("x");
  assert.equal((await announced.answered).statusCode, 413);
  announced.opened.on("error", () => {}).destroy();

  const endless = open({ ...headers, "transfer-encoding": "chunked" });
  const more = setInterval(() => endless.opened.write("x".repeat(8_192)), 5);
  try {
    assert.equal((await endless.answered).statusCode, 413);
  } finally {
    clearInterval(more);
    endless.opened.on("error", () => {}).destroy();
  }
  assert.equal(await send(signed("x".repeat(1_000_000))), 413);
  assert.equal(await send(signed(message("x".repeat(50_000)))), 413);

  const whole = signed(message("whole"));
  const length = Buffer.byteLength(whole.body);
  const { opened, answered } = open({ ...whole.headers, "content-length": length });
  answered.catch(() => {});
  opened.write(whole.body.slice(0, -1));
  await sleep(200);
  opened.destroy();
  assert.deepEqual(await heard(), []);
  assert.equal((await fetch(`${stack.description.local.bot}/healthz`)).status, 200);
});

test("many guesses are turned away, whatever address they claim to come from, and hold up nobody who can sign", async () => {
  const guesses = Array.from({ length: 60 }, (_, n) => {
    const { body, headers } = signed(message("ulterior"), wrongSecret);
    return send({ body, headers: { ...headers, "x-forwarded-for": `203.0.113.${n}` } });
  });
  const good = Array.from({ length: 10 }, () => send(signed(message("good"))));
  const [refused, taken] = await Promise.all([Promise.all(guesses), Promise.all(good)]);
  assert.ok(refused.filter((status) => status === 429).length >= 20, "twenty a minute, and a new minute may begin");
  assert.deepEqual(new Set(refused.filter((status) => status !== 401)), new Set([429]));
  assert.deepEqual(new Set(taken), new Set([202]));
  assert.equal((await heard()).length, good.length);
});

test("a signature opens no host that is not on the list", async () => {
  for (const serviceUrl of ["https://evil.example/", "http://127.0.0.1/", "https://a@b.botframework.com/"]) {
    const { relatesTo, ...rest } = JSON.parse(message("ulterior", { isTrustedServiceUrl: true }));
    assert.equal(await send(signed(JSON.stringify({ relatesTo: { ...relatesTo, serviceUrl }, ...rest }))), 400);
  }
});

test("the log holds neither the secret nor what was said", () => {
  assert.ok(stack.log.includes('"path":"/api/notify"'));
  assert.ok(!stack.log.includes(secret.slice("whsec_".length)));
  assert.doesNotMatch(stack.log, /ulterior|whsec_|as Base64|in pieces/);
});
