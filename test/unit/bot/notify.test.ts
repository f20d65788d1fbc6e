import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import { connect } from "node:net";
import { after, before, beforeEach, mock, test } from "node:test";
import express from "express";
import { ServiceHosts } from "../../../bot/channel/service-hosts";
import { answerError } from "../../../bot/http-errors";
import { Notifications } from "../../../bot/notify/notifications";
import { notifyApi } from "../../../bot/notify/notify-api";
import { examplesFor } from "../../../bot/notify/open-api";
import { replies } from "../../../bot/replies";
import { type Dialogs, noDialogs } from "../../../bot/state/conversations";
import { InvalidMessageError } from "../../../core/message/invalid-message";
import { parseMessage, type QueueMessage } from "../../../core/message/queue-message";
import { signEvent } from "../../../core/message/signed-event";
import { TableUnreachableError } from "../../../core/tables/table";
import type { Secret } from "../../../core/vault-secret";
import { listen, stop } from "../../../local/listen";
import { conformance, entryOf } from "../helpers/conformance";
import { TestDeliveries } from "../helpers/deliveries";
import { testDelivery } from "../helpers/delivery";
import { fixedSecret, lostSecret, rotatingSecret } from "../helpers/secrets";

const secret = randomKey();
const relatesTo = { channelId: "directline", serviceUrl: "https://channel.example/", conversation: { id: "c" } };
const message = { relatesTo, text: "ulterior" };
const log = mock.method(console, "log", () => undefined);

interface Answer {
  status: number;
  body: { id?: string; error?: string; field?: string };
  headers: Headers;
}

let server: Server;
let url: string;
let said: string[];
let deferred: QueueMessage[];
let postponed: { message: QueueMessage; notBefore: Date }[];
let poisoned: unknown[];
/** What the channel does with what is said. */
let channel: (text: string) => Promise<void>;
/** What the queue does first of all. */
let queueWork: () => Promise<void>;
let webhook: Secret;
let deliveries: TestDeliveries;
let api: ReturnType<typeof notifyApi>;
/** Each status that any test here has seen, with its body's fields. */
const seen = new Map<number, Set<string>>();

before(async () => {
  const app = express();
  app.set("trust proxy", 1);
  app.use((request, response, next) => api(request, response, next));
  app.use(answerError);
  server = createServer(app);
  url = `http://127.0.0.1:${await listen(server)}`;
});
after(() => stop(server));
beforeEach(() => {
  [said, deferred, postponed, poisoned] = [[], [], [], []];
  channel = async (text) => void said.push(text);
  queueWork = async () => undefined;
  deliveries = new TestDeliveries();
  open();
  log.mock.resetCalls();
});

/** A bot with dialogs: they are started, and say their names. */
const dialogs: Dialogs = {
  ...noDialogs,
  startedBy({ dialog }) {
    if (dialog === undefined || dialog === null) return undefined;
    if (dialog !== "" && dialog !== "newSurvey") throw new InvalidMessageError("dialog", "is not one of two");
    return async (context) => void (await context.sendActivity({ text: `(${dialog} starts)` }));
  },
};

/** The API of a bot that has just started. */
function open(key: Secret = fixedSecret(secret), ofBot = dialogs): void {
  webhook = key;
  const { delivery, queue } = testDelivery({
    deliveries,
    dialogs: ofBot,
    send: ({ text }) => channel(text ?? ""),
    defer: async (message) => deferred.push(message) > 0,
    postpone: async (message, notBefore) => {
      await queueWork();
      postponed.push({ message, notBefore });
    },
    poison: async (json) => void poisoned.push(json),
    open: async () => "the opened one",
  });
  const serviceHosts = new ServiceHosts([
    "channel.example",
    new URL(examples.messages.text.value.relatesTo.serviceUrl).host,
    "webchat.botframework.com",
    "smba.example",
    "smba.trafficmanager.net",
  ]);
  const parts = { webhook, delivery, queue, deliveries, dialogs: ofBot, serviceHosts };
  api = notifyApi(new Notifications(parts), ofBot);
}

const examples = examplesFor(dialogs);

function randomKey(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

/** What is to be sent for a body; text goes out as it is. */
function signed(body: unknown, id: string = randomUUID(), key = secret, at = new Date()) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const { Message, ...headers } = signEvent(text, id, key, at);
  return { body: Message, headers };
}

async function send(request: { body?: string; headers?: Record<string, string> }): Promise<Answer> {
  const response = await fetch(`${url}/api/notify`, { method: "POST", ...request });
  const { status, headers } = response;
  const body = (await response.json()) as Answer["body"];
  const fields = seen.get(status) ?? new Set();
  seen.set(status, fields);
  for (const field of [...Object.keys(body), ...(headers.has("retry-after") ? ["Retry-After"] : [])]) fields.add(field);
  return { status, body, headers };
}

async function notify(body: unknown, id?: string): Promise<Answer> {
  return send(signed(body, id));
}

function logged(): string {
  return log.mock.calls.map((call) => String((call.arguments as unknown[])[0])).join("\n");
}

test("what is signed is said at once, under its own id or else the one that it was signed under", async () => {
  const own = await notify({ ...message, id: "its own" }, "the header's");
  assert.deepEqual([own.status, own.body], [202, { id: "its own" }]);
  const other = await notify({ ...message, id: null }, "the header's");
  assert.deepEqual([other.status, other.body], [202, { id: "the header's" }]);
  assert.deepEqual(said, Array(2).fill(replies.proactiveText("ulterior")));
  assert.deepEqual(
    deliveries.rows.map(({ id, status, conversation }) => [id, status, conversation]),
    [
      ["its own", "delivered", "c"],
      ["the header's", "delivered", "c"],
    ],
  );
  assert.deepEqual([deferred, postponed, poisoned], [[], [], []]);
});

test("a dialog starts", async () => {
  assert.equal((await notify({ relatesTo, text: "", dialog: "newSurvey" })).status, 202);
  assert.deepEqual(said, ["(newSurvey starts)"]);
});

test("the same id again is answered in the same way, and not said again", async () => {
  const request = signed(message, "1");
  for (let i = 0; i < 3; i++) assert.deepEqual((await send(request)).body, { id: "1" });
  assert.deepEqual((await notify({ ...message, text: "another", id: "1" })).body, { id: "1" });
  assert.equal(said.length, 1);
});

test("of those who bring the same message together one is let through, and for the others a copy waits: that one may die", async () => {
  channel = async (text) => {
    while (deferred.length < 4) await new Promise(setImmediate);
    said.push(text);
  };
  const together = await Promise.all(Array.from({ length: 5 }, () => notify(message, "2")));
  assert.deepEqual(new Set(together.map(({ status }) => status)), new Set([202]));
  assert.equal(said.length, 1);
});

test("content type and form are the caller's", async () => {
  const { body, headers } = signed(message);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "x", ""]) {
    assert.equal((await send({ body, headers: { ...headers, "content-type": type } })).status, 202, type);
  }
  assert.equal((await notify(Buffer.from(JSON.stringify(message)).toString("base64"))).status, 202);
  assert.equal((await notify(`\uFEFF${JSON.stringify(message)}`)).status, 202);
  assert.equal(said.length, 3);
});

test("who signs otherwise, or not at all, learns nothing else", async () => {
  const { body, headers } = signed(message);
  const { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature } = headers;
  const old = (minutes: number) => signed(message, "1", secret, new Date(Date.now() + minutes * 60_000));
  const wrong: [string, Parameters<typeof send>[0]][] = [
    ["nothing", {}],
    ["no signature", { body, headers: { "webhook-id": id, "webhook-timestamp": timestamp } }],
    ["no id", { body, headers: { "webhook-timestamp": timestamp, "webhook-signature": signature } }],
    ["another secret", signed(message, "1", randomKey())],
    ["another body", { body: `${body} `, headers }],
    ["another id", { body, headers: { ...headers, "webhook-id": "2" } }],
    ["another time", { body, headers: { ...headers, "webhook-timestamp": String(Number(timestamp) + 1) } }],
    ["no time", { body, headers: { ...headers, "webhook-timestamp": "now" } }],
    ["another version", { body, headers: { ...headers, "webhook-signature": signature.replace("v1,", "v2,") } }],
    ["too old", old(-6)],
    ["too new", old(6)],
    ["not valid either", signed("{}", "\u00e9", randomKey())],
  ];
  for (const [what, request] of wrong) {
    open();
    const answer = await send(request);
    assert.deepEqual([answer.status, answer.body], [401, { error: "Unauthorized" }], what);
  }
  assert.deepEqual([said, deferred, poisoned, deliveries.rows], [[], [], [], []]);
  assert.doesNotMatch(logged(), /ulterior|whsec_/);
});

test("after a rotation the newer secret is good, and the older one no more", async () => {
  const newer = randomKey();
  open(rotatingSecret([secret, newer]));
  assert.equal((await send(signed(message, "1"))).status, 202);
  assert.equal((await send(signed(message, "2", newer))).status, 202);
  assert.equal((await send(signed(message, "3"))).status, 401);
});

test("what is not valid is refused with the name of its field, and nothing is kept of it", async () => {
  const wrong: [unknown, string, RegExp][] = [
    ["not json", "(message)", /^\(message\) is not JSON, neither plain nor as Base64$/],
    ["", "(message)", /is not JSON/],
    ["[]", "(message)", /is not valid/],
    [{}, "relatesTo", /^relatesTo is missing: a message needs relatesTo or to$/],
    [{ relatesTo }, "text", /^text is missing: a message needs text, attachments or dialog$/],
    [{ ...message, text: 5 }, "text", /^text is not valid/],
    [{ ...message, id: "\u00e9" }, "id", /printable ASCII/],
    [{ ...message, id: " 1" }, "id", /without a space at either end/],
    [{ ...message, notBefore: "soon" }, "notBefore", /^notBefore is not valid/],
    [{ ...message, dialog: "ulterior" }, "dialog", /^dialog is not one of two$/],
    [{ ...message, relatesTo: { ...relatesTo, channelId: "fax" } }, "relatesTo.channelId", /channelId is not valid/],
    ...["http://channel.example/", "https://evil.example/", "https://user@channel.example/"].map(
      (serviceUrl): [unknown, string, RegExp] => [
        { ...message, relatesTo: { ...relatesTo, serviceUrl }, isTrustedServiceUrl: true, id: "1" },
        "relatesTo.serviceUrl",
        /is not an https host on the bot's allow-list$/,
      ],
    ),
  ];
  for (const [body, field, error] of wrong) {
    const answer = await notify(body);
    assert.deepEqual([answer.status, answer.body.field], [400, field], JSON.stringify(body));
    assert.match(answer.body.error ?? "", error);
    assert.doesNotMatch(JSON.stringify(answer.body), /ulterior|evil/);
  }
  for (const id of ["\u00e9", "i".repeat(201)]) {
    const answer = await send(signedAsLatin1(id));
    assert.deepEqual([answer.status, answer.body.field], [400, "webhook-id"], id);
  }
  assert.deepEqual([said, deferred, poisoned, deliveries.rows], [[], [], [], []]);
  assert.doesNotMatch(logged(), /ulterior|evil/);
});

test("every form of a message is taken or refused as the conformance data say, and the log names the field, too", async () => {
  for (const one of conformance) {
    log.mock.resetCalls();
    const { status, body } = await notify(entryOf(one));
    if ("accepted" in one.expected) {
      assert.equal(status, 202, `${one.name}: ${body.error}`);
      continue;
    }
    const { field, problem } = one.expected.refused;
    assert.ok([400, 413].includes(status), one.name);
    assert.equal(body.field, field, one.name);
    for (const part of [field, ...problem]) {
      assert.ok(body.error?.includes(part), `${one.name}: ${body.error}`);
      assert.ok(JSON.parse(logged()).reason.includes(part), logged());
    }
  }
});

/** As a client sends a header that is not ASCII. */
function signedAsLatin1(id: string) {
  return signed({ ...message, id: "its own" }, id);
}

test("what is nested too deeply to be written again is wrong for good, not for now", async () => {
  const nested = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;
  const { status, body } = await send(signed(JSON.stringify(message).replace("}", `},"more":${nested}`)));
  assert.deepEqual([status, body], [400, { error: "(message) is nested too deeply", field: "(message)" }]);
});

test("any other method is not allowed, and is told which one is", async () => {
  for (const method of ["GET", "PUT", "DELETE", "OPTIONS"]) {
    const response = await fetch(`${url}/api/notify`, { method });
    const answer = [response.status, response.headers.get("allow"), await response.json()];
    assert.deepEqual(answer, [405, "POST", { error: "Method Not Allowed" }], method);
  }
  assert.equal((await fetch(`${url}/api/notify`, { method: "HEAD" })).status, 405);
});

test("a body above 64 KiB and a message above 48 KiB are refused as too large, the body before it has come", async () => {
  const large = await notify({ ...message, text: "x".repeat(50_000) });
  assert.deepEqual([large.status, large.body.field], [413, "(message)"]);
  assert.match(large.body.error ?? "", /is too large: 5\d{4} bytes, at most 49152 are allowed$/);
  const base64 = await notify(Buffer.from(JSON.stringify({ ...message, text: "x".repeat(48_000) })).toString("base64"));
  assert.equal(base64.status, 202, "as large as may be");
  for (const request of [signed("x".repeat(65_537)), signed("x".repeat(65_537), "1", randomKey())]) {
    const answer = await send(request);
    assert.deepEqual([answer.status, answer.body], [413, { error: "Payload Too Large" }]);
  }
});

test("of a body without a length no more than 64 KiB are kept, the rest is let go by, and the connection goes on", async () => {
  const { headers } = signed("x");
  const lines = Object.entries({ host: "bot", "transfer-encoding": "chunked", ...headers }).map((line) =>
    line.join(": "),
  );
  const piece = `10000\r\n${"x".repeat(0x10000)}\r\n`;
  const long = `POST /api/notify HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${piece.repeat(100)}0\r\n\r\n`;
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.write(long + long);
  let answers = "";
  const timer = setTimeout(() => socket.destroy(), 5_000);
  for await (const data of socket) {
    answers += data;
    if (answers.match(/"Payload Too Large"/g)?.length === 2) break;
  }
  clearTimeout(timer);
  assert.equal(answers.match(/HTTP\/1\.1 413 /g)?.length, 2);
});

test("bytes that are no text are not repaired into one that somebody signed", async () => {
  const { body, headers } = signed({ ...message, text: "\ufffd" });
  const bytes = Buffer.from(body).toString("latin1").replace("\u00ef\u00bf\u00bd", "\u00ff");
  const response = await fetch(`${url}/api/notify`, { method: "POST", headers, body: Buffer.from(bytes, "latin1") });
  assert.equal(response.status, 401);
  assert.deepEqual(said, []);
});

test("a user is spoken to where the bot finds them, or on Teams where it can begin", async () => {
  const tenantId = "72f988bf-86f1-41af-91ab-2d7cd011db47";
  const to = { channelId: "msteams", userId: "29:user", tenantId };
  const { status, body } = await notify({ to, text: "ulterior", id: "1" });
  assert.deepEqual([status, body, said.length], [202, { id: "1" }, 1]);
  const [row] = deliveries.rows;
  assert.deepEqual([row?.status, row?.conversation], ["delivered", "the opened one"]);
  const unknown = await notify({ to: { channelId: "directline", userId: "nobody" }, text: "ulterior", id: "2" });
  assert.deepEqual([unknown.status, poisoned.length], [202, 1]);
  assert.match(
    deliveries.rows[1]?.reason ?? "",
    /^The bot knows no conversation with this user on the channel directline/,
  );
  const evil = await notify({ to: { ...to, serviceUrl: "https://evil.example/" }, text: "ulterior" });
  assert.deepEqual(
    [evil.status, evil.body],
    [400, { error: "to.serviceUrl is not an https host on the bot's allow-list", field: "to.serviceUrl" }],
  );
});

test("what is not due waits under its id, in the queue and in the table", async () => {
  const notBefore = new Date(Date.now() + 60_000);
  const later = { ...message, notBefore: notBefore.toISOString() };
  assert.deepEqual((await notify(later, "1")).body, { id: "1" });
  assert.deepEqual(postponed, [{ message: { ...later, id: "1" }, notBefore }]);
  const [row] = deliveries.rows;
  assert.deepEqual([row?.id, row?.status], ["1", "waiting"]);
  assert.match(row?.reason ?? "", /^The message is not due before /);
  assert.deepEqual(said, []);
  assert.equal((await notify({ ...message, notBefore: new Date().toISOString() })).status, 202);
  assert.equal(said.length, 1);
});

test("what waits in the queue is taken, although the table cannot be told", async () => {
  deliveries.memory.failure = new TableUnreachableError("table deliveries: gone");
  const answer = await notify({ ...message, notBefore: "2099-01-01T00:00:00Z" }, "1");
  assert.deepEqual([answer.status, answer.body, postponed.length], [202, { id: "1" }, 1]);
  assert.match(logged(), /"event":"not recorded","id":"1","reason":"TableUnreachableError: table deliveries: gone"/);
});

test("what comes a moment early, by the caller's clock in time, is said when it is due, and not by way of the queue", async () => {
  const due = Date.now() + 300;
  channel = async (text) => {
    assert.ok(Date.now() >= due - 1, "a timer may be a millisecond early");
    said.push(text);
  };
  assert.equal((await notify({ ...message, notBefore: new Date(due).toISOString() })).status, 202);
  assert.deepEqual([said.length, postponed], [1, []]);
});

test("what the channel throttles is deferred, what it refuses is set aside, and the caller may forget both", async () => {
  const answer = (statusCode: number) => Object.assign(new Error("no"), { name: "RestError", statusCode });
  channel = () => Promise.reject(answer(429));
  assert.equal((await notify(message, "1")).status, 202);
  assert.deepEqual(deferred, [{ ...message, id: "1" }]);
  channel = () => Promise.reject(answer(404));
  assert.equal((await notify(message, "2")).status, 202);
  assert.deepEqual(poisoned, [JSON.stringify(message)]);
  assert.deepEqual(
    deliveries.rows.map(({ id, status }) => [id, status]),
    [
      ["1", "waiting"],
      ["2", "failed"],
    ],
  );
});

test("what cannot be done now comes back to the caller, whose next try succeeds", async () => {
  const moments: [string, () => void, unknown][] = [
    ["no table", () => (deliveries.memory.failure = new TableUnreachableError("table deliveries: gone")), message],
    ["no token", () => (channel = () => Promise.reject(new Error("no token"))), message],
    ["no vault", () => open(lostSecret()), message],
    ["a bug", () => (channel = () => Promise.reject(new TypeError("a bug"))), message],
    [
      "no queue",
      () => (queueWork = () => Promise.reject(new Error("gone"))),
      { ...message, notBefore: "2099-01-01T00:00:00Z" },
    ],
  ];
  for (const [what, happen, body] of moments) {
    const request = signed(body);
    happen();
    const answer = await send(request);
    assert.deepEqual([answer.status, answer.body], [503, { error: "Service Unavailable" }], what);
    assert.equal(answer.headers.get("retry-after"), "5");
    assert.match(logged(), /"level":"error","event":"request failed","path":"\/api\/notify","status":503/);

    deliveries.memory.failure = undefined;
    channel = async (text) => void said.push(text);
    queueWork = async () => undefined;
    open();
    assert.equal((await send(request)).status, 202, what);
  }
  assert.deepEqual([said.length, postponed.length, deferred, poisoned], [4, 1, [], []]);
});

test("twenty wrong signatures a minute are answered as such to one address; who signs well is never kept waiting", async () => {
  const from = (address: string, key = secret) => {
    const { body, headers } = signed(message, randomUUID(), key);
    return send({ body, headers: { ...headers, "x-forwarded-for": address } });
  };
  const bad = randomKey();
  for (let i = 0; i < 20; i++) assert.equal((await from(`203.0.113.7:${i + 1}`, bad)).status, 401);
  log.mock.resetCalls();
  const limited = await from("203.0.113.7:50000", bad);
  assert.deepEqual([limited.status, limited.body], [429, { error: "Too Many Requests" }]);
  const seconds = Number(limited.headers.get("retry-after"));
  assert.ok(seconds > 0 && seconds <= 60);
  assert.equal(log.mock.callCount(), 0, "a crowd of them does not fill the log");
  assert.equal(
    (await send({ headers: { "x-forwarded-for": "203.0.113.7:1" } })).status,
    429,
    "nor may those without one",
  );
  assert.equal((await from("203.0.113.8:1", bad)).status, 401);
  for (let i = 0; i < 21; i++) assert.equal((await notify({ relatesTo })).status, 400, "who errs is no forger");
  const good = await Promise.all(Array.from({ length: 50 }, () => from("203.0.113.7:1")));
  assert.deepEqual(new Set(good.map(({ status }) => status)), new Set([202]));
});

test("of a hundred and ten deliveries at a time ten are turned away, and taken when they come again", async () => {
  let finish = () => {};
  const isOpen = new Promise<void>((resolve) => {
    finish = resolve;
  });
  channel = async (text) => {
    await isOpen;
    said.push(text);
  };
  const requests = Array.from({ length: 110 }, (_, i) =>
    signed({ ...message, relatesTo: { ...relatesTo, conversation: { id: `c${i}` } } }),
  );
  let turnedAway = 0;
  const answers = requests.map(async (request) => {
    const answer = await send(request);
    if (answer.status === 429 && ++turnedAway === 10) finish();
    return answer;
  });
  const all = await Promise.all(answers);
  const busy = all.filter(({ status }) => status === 429);
  assert.deepEqual([said.length, busy.length], [100, 10]);
  assert.deepEqual(new Set(busy.map(({ headers }) => headers.get("retry-after"))), new Set(["1"]));
  for (const [i, { status }] of all.entries()) {
    if (status === 429) assert.equal((await send(requests[i] as (typeof requests)[0])).status, 202);
  }
  assert.equal(said.length, 110);
});

test("no answer and no line of the log repeats what was said, or the secret", async () => {
  await notify(message);
  await notify({ ...message, text: ["ulterior"] });
  await notify("ulterior");
  await send(signed(message, "1", randomKey()));
  channel = () => Promise.reject(new Error("no"));
  await notify(message);
  assert.doesNotMatch(logged(), /ulterior|whsec_|v1,/);
});

/** What the document says of `POST /api/notify`, as far as the tests need to know. */
interface Described {
  responses: Record<
    string,
    { headers?: object; content: { "application/json": { schema: { $ref: string }; examples: object } } }
  >;
}

async function document() {
  const response = await fetch(`${url}/api/openapi.json`);
  assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
  return (await response.json()) as {
    openapi: string;
    servers: unknown;
    paths: Record<string, { post: Described }>;
    components: {
      schemas: Record<string, { properties: object; required?: string[]; oneOf?: object; anyOf?: object }>;
    };
  };
}

test("the document is valid OpenAPI 3.1, and its message is the one that is checked", async () => {
  const { Validator } = await import("@seriousme/openapi-schema-validator");
  const found = await document();
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(found));
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, "3.1");
  assert.deepEqual(found.servers, [{ url: "/" }]);
  const { properties, oneOf, anyOf } = found.components.schemas.Message ?? { properties: {} };
  assert.deepEqual(oneOf, [{ required: ["relatesTo"] }, { required: ["to"] }]);
  assert.deepEqual(anyOf, [{ required: ["text"] }, { required: ["attachments"] }, { required: ["dialog"] }]);
  for (const field of [
    "relatesTo",
    "to",
    "text",
    "attachments",
    "isTrustedServiceUrl",
    "id",
    "notBefore",
    "attempt",
    "deferredSince",
    "dialog",
  ]) {
    assert.ok(field in properties, field);
  }
});

test("the document of a bot without dialogs starts none", async () => {
  open(undefined, noDialogs);
  const { messages, invalid } = examplesFor(noDialogs);
  assert.ok(!("dialog" in messages));
  const { status, body } = await notify({ ...message, dialog: "survey" });
  assert.deepEqual([status, body], [400, invalid.unknownDialog.value]);
});

test("each of the document's examples is true", async () => {
  for (const { value } of Object.values(examples.messages)) {
    parseMessage(JSON.stringify(value));
    const { status, body } = await notify(value);
    assert.equal(status, 202);
    if ("id" in value) assert.deepEqual(body, { id: value.id });
  }
  const { text, ...wordless } = examples.messages.text.value;
  assert.throws(() => parseMessage(JSON.stringify(wordless)), InvalidMessageError);
  const tooLong = { relatesTo, text: "" };
  tooLong.text = "x".repeat(50_000 - JSON.stringify(tooLong).length);
  const requests: { [status in "invalid" | "tooLarge" | "unauthorized"]: Record<string, Parameters<typeof send>[0]> } =
    {
      invalid: {
        missing: signed(wordless),
        forbiddenService: signed({ ...message, relatesTo: { ...relatesTo, serviceUrl: "https://evil.example/" } }),
        unknownDialog: signed({ ...message, dialog: "survey" }),
      },
      tooLarge: { body: signed("x".repeat(70_000)), message: signed(tooLong) },
      unauthorized: { unauthorized: {} },
    };
  for (const [status, cases] of Object.entries(requests)) {
    const shown: Record<string, { value: object }> = examples[status as keyof typeof requests];
    assert.deepEqual(Object.keys(shown).sort(), Object.keys(cases).sort());
    for (const [name, request] of Object.entries(cases))
      assert.deepEqual((await send(request)).body, shown[name]?.value);
  }
});

test("the document tells of each status that was seen in these tests, with its fields, and of no other", async () => {
  const { paths, components } = await document();
  const { responses } = (paths["/api/notify"] as { post: Described }).post;
  assert.deepEqual(Object.keys(responses), [...seen.keys()].sort().map(String));
  for (const [status, fields] of seen) {
    const { headers = {}, content } = responses[status] as Described["responses"][string];
    const { schema, examples } = content["application/json"];
    const { properties, required } = components.schemas[schema.$ref.split("/").at(-1) ?? ""] ?? {
      properties: {},
      required: [],
    };
    const known = [...Object.keys(properties), ...Object.keys(headers)];
    for (const field of fields) assert.ok(known.includes(field), `${status}: ${field}`);
    for (const field of [...(required ?? []), ...Object.keys(headers)])
      assert.ok(fields.has(field), `${status}: ${field}`);
    assert.ok(Object.keys(examples).length > 0);
  }
});
