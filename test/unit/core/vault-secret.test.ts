import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { after, before, beforeEach, mock, test } from "node:test";
import type { TokenCredential } from "@azure/identity";
import { webhookPattern } from "../../../core/names";
import { VaultError, VaultSecret } from "../../../core/vault-secret";
import { freePort, listen, stop } from "../../../local/listen";

type Answer = (response: ServerResponse) => void;

const audience = "https://vault.example";
const second = 1_000;
const minute = 60 * second;

let server: Server;
let url: string;
let requests: Pick<IncomingMessage, "method" | "url" | "headers">[];
/** What the vault holds. */
let value: string;
/** What the vault answers next instead: one after another. */
let instead: Answer[];
let scopes: unknown[];
let getToken: () => Promise<{ token: string; expiresOnTimestamp: number } | null>;

before(async () => {
  server = createServer(({ method, url, headers }, response) => {
    requests.push({ method, url, headers });
    (instead.shift() ?? answer(200, { value, id: "an id" }))(response);
  });
  url = `http://127.0.0.1:${await listen(server)}`;
});
after(() => stop(server));
beforeEach(() => {
  [requests, value, instead, scopes] = [[], "first", [], []];
  getToken = async () => ({ token: "ulterior", expiresOnTimestamp: Date.now() + minute });
  mock.timers.reset();
  mock.timers.enable({ apis: ["Date"], now: 1_800_000_000_000 });
});
after(() => mock.timers.reset());

function answer(status: number, body: unknown): Answer {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

function open(at = url, form?: RegExp): VaultSecret {
  const credential: TokenCredential = {
    getToken: (scope) => {
      scopes.push(scope);
      return getToken();
    },
  };
  return new VaultSecret({ url: at, audience, credential }, "webhook", form);
}

/** The error that reading ends in; it never repeats a token or a value. */
async function failure(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => assert.fail("it did not fail"),
    (error) => error,
  );
  assert(error instanceof VaultError, String(error));
  assert.doesNotMatch(error.message, /ulterior|motive/);
  return error.message;
}

/** A vault that answers a request only when told to. */
function held(): { answer(status: number, body: unknown): void; asked: Promise<void> } {
  let response: ServerResponse;
  const asked = new Promise<void>((resolve) => {
    instead.push((held) => {
      response = held;
      resolve();
    });
  });
  return { asked, answer: (status, body) => answer(status, body)(response) };
}

test("a secret is read by its name, with a token for the vault's audience", async () => {
  assert.equal(await open().get(), "first");
  const [{ method, url, headers } = { headers: {} }] = requests;
  assert.deepEqual([method, url], ["GET", "/secrets/webhook?api-version=7.4"]);
  assert.equal(headers.authorization, "Bearer ulterior");
  assert.deepEqual(scopes, ["https://vault.example/.default"]);
});

test("a secret is read once, when it is first needed, and kept", async () => {
  const secret = open();
  assert.equal(requests.length, 0);
  for (let i = 0; i < 5; i++) assert.equal(await secret.get(), "first");
  mock.timers.tick(9 * minute);
  assert.equal(await secret.get(), "first");
  assert.equal(requests.length, 1);
});

test("concurrent callers share one request and one failure", async () => {
  const secret = open();
  instead = [answer(503, {}), answer(503, {}), answer(503, {}), answer(503, {})];
  const failed = await Promise.allSettled([secret.get(), secret.get(), secret.checkAccess(), secret.renew()]);
  assert.deepEqual(new Set(failed.map(({ status }) => status)), new Set(["rejected"]));
  assert.equal(requests.length, 1);
  instead = [];
  assert.deepEqual(await Promise.all([secret.get(), secret.renew(), secret.get()]), ["first", "first", "first"]);
  assert.equal(requests.length, 2);
});

test("a failure is not kept: the next call asks the vault", async () => {
  const secret = open();
  instead = [answer(403, {}), answer(503, {}), answer(403, {})];
  await failure(secret.get());
  await failure(secret.renew());
  await failure(secret.checkAccess());
  assert.equal(await secret.get(), "first");
  assert.equal(requests.length, 4);
});

test("a renewal reads the current value", async () => {
  const secret = open();
  await secret.get();
  value = "second";
  mock.timers.tick(11 * second);
  assert.equal(await secret.renew(), "second");
  assert.equal(await secret.get(), "second");
  assert.equal(requests.length, 2);
});

test("the vault gets at most one renewal in ten seconds, however many signatures are forged", async () => {
  const secret = open();
  await secret.get();
  value = "second";
  mock.timers.tick(9 * second);
  for (let i = 0; i < 20; i++) assert.equal(await secret.renew(), "first");
  assert.equal(requests.length, 1);
  mock.timers.tick(second);
  for (let i = 0; i < 20; i++) assert.equal(await secret.renew(), "second");
  mock.timers.tick(9 * second);
  await Promise.all(Array.from({ length: 20 }, () => secret.renew()));
  assert.equal(requests.length, 2);
  mock.timers.tick(second);
  await Promise.all(Array.from({ length: 20 }, () => secret.renew()));
  assert.equal(requests.length, 3);
});

test("a renewal that fails keeps the old value, and counts as a renewal", async () => {
  const secret = open();
  await secret.get();
  mock.timers.tick(10 * second);
  instead = [answer(503, {})];
  await failure(secret.renew());
  assert.equal(await secret.get(), "first");
  assert.equal(await secret.renew(), "first");
  assert.equal(requests.length, 2);
  value = "second";
  mock.timers.tick(10 * second);
  assert.equal(await secret.renew(), "second");
});

test("a vault that is slow or fails does not delay callers while there is a value", async () => {
  const secret = open();
  await secret.get();
  const vault = held();
  const look = failure(secret.checkAccess());
  await vault.asked;
  assert.equal(await secret.get(), "first", "while the vault thinks");
  const renewal = failure(secret.renew());
  vault.answer(503, {});
  await Promise.all([look, renewal]);
  assert.equal(await secret.get(), "first");
  assert.equal(requests.length, 2, "the renewal shared the look's request");
});

test("a secret is read again after ten minutes, so that a leaked one stops working once it is rotated", async () => {
  const secret = open();
  await secret.get();
  value = "second";
  mock.timers.tick(10 * minute);
  assert.equal(await secret.get(), "second");
  assert.equal(await secret.get(), "second");
  assert.equal(requests.length, 2);
  instead = [answer(503, {})];
  mock.timers.tick(10 * minute);
  for (let i = 0; i < 3; i++) assert.equal(await secret.get(), "second", "a vault out of reach stops no message");
  assert.equal(requests.length, 3);
});

test("the access check asks the vault every time, and keeps the value", async () => {
  const secret = open();
  await secret.checkAccess();
  value = "second";
  await secret.checkAccess();
  assert.equal(requests.length, 2);
  assert.equal(await secret.get(), "second");
  instead = [answer(403, {})];
  await failure(secret.checkAccess());
  assert.equal(requests.length, 3);
});

test("the error for a missing right names the role", async () => {
  instead = [answer(403, { error: { code: "Forbidden", message: "ulterior" } })];
  assert.equal(
    await failure(open().get()),
    'The secret "webhook" cannot be read: the vault answered 403. The role Key Vault Secrets User is missing, or does not work yet.',
  );
});

test("any other answer of the vault is an error that names the secret and the status, and repeats nothing", async () => {
  for (const status of [400, 401, 404, 429, 500, 503]) {
    instead = [answer(status, { value: "ulterior", error: { message: "motive" } })];
    assert.equal(await failure(open().get()), `The secret "webhook" cannot be read: the vault answered ${status}.`);
  }
  for (const body of ["", "null", "[]", "<p>ulterior</p>", "{}", '{"value":""}', '{"value":["ulterior"]}']) {
    instead = [answer(200, body)];
    assert.equal(await failure(open().get()), 'The secret "webhook" cannot be read: the vault answered 200.', body);
  }
  instead = [(response) => void response.writeHead(200).write('{"value":"ult', () => response.destroy())];
  await failure(open().get());
});

test("a vault that cannot be reached is an error that says so", async () => {
  const message = await failure(open(`http://127.0.0.1:${await freePort()}`).get());
  assert.equal(message, 'The secret "webhook" cannot be read: the vault could not be reached: ECONNREFUSED');
});

test("an identity without a token is an error with its reason, and a token that is not valid is not repeated", async () => {
  const secret = open();
  getToken = () => Promise.reject(new Error("the identity is not assigned"));
  assert.match(await failure(secret.get()), /"webhook" cannot be read: the identity is not assigned/);
  assert.equal(requests.length, 0);
  getToken = async () => ({ token: "ulterior\nmotive", expiresOnTimestamp: 0 });
  await failure(secret.get());
});

test("a request ends in time when the vault or the identity hangs", async (t) => {
  const limits: number[] = [];
  const timeout = AbortSignal.timeout;
  t.mock.method(AbortSignal, "timeout", (milliseconds: number) => {
    limits.push(milliseconds);
    return timeout.call(AbortSignal, 50);
  });
  const running = setInterval(() => undefined, second); // the signal alone would not keep the process here
  t.after(() => clearInterval(running));
  const secret = open();
  held();
  await failure(secret.get());
  getToken = () => new Promise(() => undefined);
  assert.match(await failure(secret.get()), /no token in time/);
  assert.deepEqual(limits, [5_000, 5_000]);
  getToken = async () => ({ token: "a token", expiresOnTimestamp: 0 });
  assert.equal(await secret.get(), "first");
});

test("a signing key that is weak or not valid is not used, and the old one goes on", async () => {
  const key = Buffer.alloc(32, 7).toString("base64");
  value = `whsec_${key}`;
  const secret = open(url, webhookPattern);
  assert.equal(await secret.get(), value);
  for (const bad of ["whsec_", "whsec_AA==", "whsec_motive", `whsec_${"!".repeat(44)}`, key, `${value}\n`]) {
    instead = [answer(200, { value: bad }), answer(200, { value: bad })];
    assert.match(await failure(open(url, webhookPattern).get()), /"webhook" cannot be used: .*whsec_/);
    mock.timers.tick(10 * second);
    await failure(secret.renew());
    assert.equal(await secret.get(), value);
  }
});

test("a key that is no valid header is not used, because fetch's error would repeat it", async () => {
  for (const bad of ["ulterior\nmotive", "ulterior motive", "motivé"]) {
    value = bad;
    assert.match(await failure(open().get()), /"webhook" cannot be used/);
  }
  value = "AbC-_.~/+=123";
  assert.equal(await open().get(), value);
});
