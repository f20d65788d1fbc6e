import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import type { SignedEvent } from "../../../core/message/signed-event";
import { type Secret, VaultError } from "../../../core/vault-secret";
import { DirectLine } from "../../../function/forward/direct-line";
import { TransportError } from "../../../function/forward/transport";
import { freePort, listen, stop } from "../../../local/listen";
import { fixedSecret, lostSecret, rotatingSecret } from "../helpers/secrets";

interface Request {
  /** `start`, `refresh` or `post` and the conversation. */
  what: string;
  credential?: string;
  body?: { type: string; name: string; from: { id: string }; value: unknown };
}
type Answer = (response: ServerResponse) => void;

const event: SignedEvent = { Message: "{}", "webhook-id": "1", "webhook-timestamp": "2", "webhook-signature": "3" };

let server: Server;
let endpoint: string;
let requests: Request[];
/** Seconds for which the stub's tokens are good. */
let expiresIn: number;
/** What the stub answers next instead of doing its work: by request, one after another. */
let instead: Record<string, Answer[]>;

before(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    const what = name(request);
    requests.push({ what, credential: request.headers.authorization, body: text ? JSON.parse(text) : undefined });
    const number = count(/start/);
    const next = instead[what.split(" ")[0] ?? ""]?.shift();
    if (next) return next(response);
    const opened = { conversationId: `c/${number}`, token: `token ${requests.length}`, expires_in: expiresIn };
    respond(what.startsWith("post") ? 200 : 201, what.startsWith("post") ? { id: "1" } : opened)(response);
  });
  endpoint = `http://127.0.0.1:${await listen(server)}`;
});
after(() => stop(server));
beforeEach(() => {
  requests = [];
  expiresIn = 1_800;
  instead = {};
});

function name({ method, url }: IncomingMessage): string {
  assert.equal(method, "POST");
  const path = url?.replace("/v3/directline/", "");
  if (path === "conversations") return "start";
  if (path === "tokens/refresh") return "refresh";
  const [, conversation] = /^conversations\/([^/]+)\/activities$/.exec(path ?? "") ?? [];
  assert(conversation, `the stub does not know ${url}`);
  return `post ${decodeURIComponent(conversation)}`;
}

function respond(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

function refuse(status: number, headers?: Record<string, string>): Answer {
  return respond(status, { error: { code: "SomeCode", message: "a sentence" } }, headers);
}

function count(what: RegExp): number {
  return requests.filter((request) => what.test(request.what)).length;
}

function open(secret: Secret = fixedSecret("the secret")): DirectLine {
  return new DirectLine(endpoint, secret);
}

/** An address where nobody listens. */
async function nobody(): Promise<string> {
  return `http://127.0.0.1:${await freePort()}`;
}

/** The error that a post ends in. */
async function failure(directLine = open()): Promise<TransportError> {
  const error = await directLine.send(event).catch((error) => error);
  assert(error instanceof TransportError, String(error));
  return error;
}

test("an event is posted with its signed value, and with the token of a conversation that the secret has started", async () => {
  await open().send(event);
  assert.deepEqual(requests, [
    { what: "start", credential: "Bearer the secret", body: undefined },
    {
      what: "post c/1",
      credential: "Bearer token 1",
      body: { type: "event", name: "proactive", from: { id: "proactive-function" }, value: event },
    },
  ]);
});

test("one conversation serves all events of an instance", async () => {
  const directLine = open();
  for (let i = 0; i < 5; i++) await directLine.send(event);
  assert.equal(count(/start/), 1);
  assert.equal(count(/post c\/1/), 5);
});

test("concurrent events share one start", async () => {
  const directLine = open();
  await Promise.all(Array.from({ length: 20 }, () => directLine.send(event)));
  assert.deepEqual([count(/start/), count(/post c\/1/)], [1, 20]);
});

test("concurrent events share one failed start, and the next event tries again", async () => {
  instead.start = [refuse(503)];
  const directLine = open();
  const results = await Promise.allSettled(Array.from({ length: 5 }, () => directLine.send(event)));
  assert.deepEqual(new Set(results.map(({ status }) => status)), new Set(["rejected"]));
  assert.equal(count(/start/), 1);
  await directLine.send(event);
  assert.deepEqual([count(/start/), count(/post/)], [2, 1]);
});

test("a token that is about to expire is renewed once, and the conversation stays", async () => {
  expiresIn = 200;
  const directLine = open();
  await directLine.send(event);
  expiresIn = 1_800;
  await Promise.all(Array.from({ length: 10 }, () => directLine.send(event)));
  assert.deepEqual([count(/start/), count(/refresh/), count(/post/)], [1, 1, 11]);
  const renewal = requests.findIndex(({ what }) => what === "refresh");
  assert.equal(requests[renewal]?.credential, "Bearer token 1");
  for (const { what, credential } of requests.slice(renewal + 1)) {
    assert.deepEqual([what, credential], ["post c/1", `Bearer token ${renewal + 1}`]);
  }
});

test("every event is sent even when tokens are short-lived", async () => {
  expiresIn = 1;
  const directLine = open();
  for (let i = 0; i < 3; i++) await Promise.all([directLine.send(event), directLine.send(event)]);
  assert.equal(count(/post/), 6);
  assert.equal(count(/start/), 1);
});

test("a token that cannot be renewed is replaced by a new conversation", async () => {
  for (const status of [401, 403, 404]) {
    requests = [];
    expiresIn = 1;
    const directLine = open();
    await directLine.send(event);
    instead.refresh = [refuse(status)];
    await directLine.send(event);
    assert.deepEqual([count(/start/), count(/post c\/2/)], [2, 1]);
  }
});

test("any other failure of a renewal can be retried, and the next event gets a conversation", async () => {
  expiresIn = 1;
  const directLine = open();
  await directLine.send(event);
  instead.refresh = [refuse(503)];
  assert.equal((await failure(directLine)).status, 503);
  await directLine.send(event);
  assert.equal(count(/post/), 2);
});

test("a forgotten conversation or token is replaced once, and the event is sent", async () => {
  for (const status of [401, 403, 404]) {
    requests = [];
    instead.post = [refuse(status)];
    const directLine = open();
    await directLine.send(event);
    await directLine.send(event);
    assert.deepEqual(
      requests.map(({ what }) => what),
      ["start", "post c/1", "start", "post c/2", "post c/2"],
    );
  }
});

test("concurrent events with a forgotten conversation start one new conversation", async () => {
  const directLine = open();
  await directLine.send(event);
  instead.post = Array.from({ length: 10 }, () => refuse(404));
  await Promise.all(Array.from({ length: 10 }, () => directLine.send(event)));
  assert.deepEqual([count(/start/), count(/post c\/2/)], [2, 10]);
});

test("a conversation that is forgotten again is not started a third time", async () => {
  instead.post = Array.from({ length: 10 }, () => refuse(403));
  const error = await failure();
  assert.deepEqual([error.status, error.isFinal, count(/start/), count(/post/)], [403, false, 2, 2]);
});

/** With which credentials conversations were started. */
function keys(): (string | undefined)[] {
  return requests.filter(({ what }) => what === "start").map(({ credential }) => credential);
}

test("after a rotation a conversation starts with the new key, which is used from then on", async () => {
  for (const status of [401, 403, 404]) {
    requests = [];
    const secret = rotatingSecret(["older key", "newer key"]);
    const directLine = open(secret);
    instead.start = [refuse(status)];
    await directLine.send(event);
    assert.deepEqual(keys(), ["Bearer older key", "Bearer newer key"]);
    instead.post = [refuse(403)];
    await directLine.send(event);
    assert.deepEqual(keys(), ["Bearer older key", "Bearer newer key", "Bearer newer key"]);
    assert.deepEqual([count(/post/), secret.renewals], [3, 1]);
  }
});

test("a rotation during a conversation, which ends its tokens, loses no event", async () => {
  const directLine = open(rotatingSecret(["older key", "newer key"]));
  await directLine.send(event);
  instead = { post: Array.from({ length: 5 }, () => refuse(403)), start: [refuse(403)] };
  await Promise.all(Array.from({ length: 5 }, () => directLine.send(event)));
  assert.deepEqual(keys(), ["Bearer older key", "Bearer older key", "Bearer newer key"]);
  assert.equal(count(/post c\/3/), 5);

  expiresIn = 1;
  requests = [];
  const renewing = open(rotatingSecret(["older key", "newer key"]));
  await renewing.send(event);
  instead = { refresh: [refuse(403)], start: [refuse(403)] };
  await renewing.send(event);
  assert.deepEqual(keys(), ["Bearer older key", "Bearer older key", "Bearer newer key"]);
});

test("a refused key without a new one, or with a new one that is refused too, is an error that can be retried", async () => {
  instead.start = Array.from({ length: 10 }, () => refuse(403));
  const fixed = await failure(open());
  assert.deepEqual([fixed.status, fixed.isFinal, count(/start/)], [403, false, 1]);
  const rotated = await failure(open(rotatingSecret(["older key", "newer key", "newest key"])));
  assert.deepEqual([rotated.status, rotated.isFinal, count(/start/)], [403, false, 3]);
});

test("the key is not renewed after any other failure", async () => {
  for (const status of [400, 429, 500, 503]) {
    const secret = rotatingSecret(["older key", "newer key"]);
    instead.start = [refuse(status)];
    assert.equal((await failure(open(secret))).status, status);
    assert.equal(secret.renewals, 0);
  }
});

test("the vault's error is thrown when there is no key, and is not kept", async () => {
  let lost = true;
  const fixed = fixedSecret("the secret");
  const directLine = open({ get: () => (lost ? lostSecret() : fixed).get(), renew: () => fixed.renew() });
  await assert.rejects(directLine.send(event), VaultError);
  assert.equal(requests.length, 0);
  lost = false;
  await directLine.send(event);
  instead.start = [refuse(403)];
  await assert.rejects(open(lostSecret("older key")).send(event), VaultError);
});

test("throttling and a bot that fails are errors that can be retried, with the time of Retry-After", async () => {
  const soon = new Date(Date.now() + 60_000).toUTCString();
  const cases: [number, string | undefined, number][] = [
    [429, "17", 17],
    [429, soon, 60],
    [429, undefined, 0],
    [503, "5", 5],
    [502, undefined, 0],
    [500, undefined, 0],
    [504, "nonsense", 0],
    [409, undefined, 0],
  ];
  for (const [status, header, seconds] of cases) {
    requests = [];
    instead.post = [refuse(status, header === undefined ? {} : { "retry-after": header })];
    const error = await failure();
    assert.deepEqual([error.status, error.isFinal, count(/post/)], [status, false, 1]);
    assert(Math.abs(error.retryAfter - seconds) <= 2, `${header}: ${error.retryAfter}`);
    assert.equal(error.message, `Direct Line answered ${status} SomeCode a sentence`);
  }
});

test("an event that Direct Line calls wrong is a final error, but a wrong start or renewal is not", async () => {
  for (const status of [400, 413]) {
    instead = { post: [refuse(status)] };
    assert.deepEqual({ ...(await failure()) }.isFinal, true);
    instead = { start: [refuse(status)] };
    assert.deepEqual({ ...(await failure()) }.isFinal, false, "no message is to blame, so none must be set aside");
    expiresIn = 1;
    const directLine = open();
    await directLine.send(event);
    instead = { refresh: [refuse(status)] };
    assert.deepEqual({ ...(await failure(directLine)) }.isFinal, false);
    expiresIn = 1_800;
  }
});

test("an error with any body is a Direct Line error, and the body is not repeated", async () => {
  for (const body of [
    "null",
    '"ulterior"',
    "[]",
    "5",
    '{"error":null}',
    '{"error":"ulterior"}',
    "<p>ulterior</p>",
    "",
  ]) {
    instead.post = [respond(502, body)];
    assert.equal((await failure()).message, "Direct Line answered 502", body);
  }
});

test("a start without a conversation in its answer is an error that can be retried, and is not kept", async () => {
  const bodies = ["", "null", "[]", "<p>sign in</p>", "{}", '{"conversationId":"c","token":"","expires_in":1800}'];
  for (const body of bodies) {
    const directLine = open();
    instead.start = [respond(200, body)];
    const error = await failure(directLine);
    assert.deepEqual([error.status, error.isFinal], [0, false], body);
    await directLine.send(event);
  }
});

test("a Direct Line that cannot be reached or hangs up is an error that can be retried", async () => {
  const unreachable = await failure(new DirectLine(await nobody(), fixedSecret("the secret")));
  assert.deepEqual([unreachable.status, unreachable.isFinal], [0, false]);
  assert.equal(unreachable.message, "Direct Line could not be reached: ECONNREFUSED");
  instead.post = [(response) => response.destroy()];
  assert.equal((await failure()).status, 0);
  instead.start = [(response) => void response.writeHead(200).write("{", () => response.destroy())];
  assert.equal((await failure()).status, 0);
});

test("no error repeats the secret, a token or the event", async () => {
  const directLine = open(fixedSecret("the\nsecret"));
  assert.doesNotMatch((await failure(directLine)).message, /secret/);
  instead.post = [refuse(502), refuse(400)];
  for (let i = 0; i < 2; i++) assert.doesNotMatch((await failure()).message, /secret|token|webhook/);
});
