import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach, test } from "node:test";
import type { InvocationContext } from "@azure/functions";
import {
  maxMessageBytes,
  parseMessage,
  type QueueMessage,
  type ReceivedMessage,
} from "../../../core/message/queue-message";
import { openEvent, type SignedEvent } from "../../../core/message/signed-event";
import { MessageQueue } from "../../../core/queue/message-queue";
import type { Delivery } from "../../../core/tables/deliveries";
import { TableUnreachableError } from "../../../core/tables/table";
import { type Secret, VaultError } from "../../../core/vault-secret";
import { Forwarder } from "../../../function/forward/forwarder";
import { SendRate } from "../../../function/forward/send-rate";
import { TransportError } from "../../../function/forward/transport";
import { conformance, entryOf } from "../helpers/conformance";
import { TestDeliveries } from "../helpers/deliveries";
import { fixedSecret, lostSecret, rotatingSecret, type TestSecret } from "../helpers/secrets";

const secret = `whsec_${randomBytes(32).toString("base64")}`;
const relatesTo = { conversation: { id: "c" }, channelId: "directline", serviceUrl: "https://example.com/" };
const message = { relatesTo, text: "ulterior motive" };

let posted: SignedEvent[];
let deferred: { message: QueueMessage; retryAfter?: number }[];
let postponed: { message: QueueMessage; notBefore: Date }[];
let poisoned: string[];
let lines: string[];
let post: () => Promise<void>;
let defer: () => Promise<boolean>;
let deliveries: TestDeliveries;
let outOfReach: Error | undefined;
/** Makes another forwarder, with another secret to sign with. */
let open: (webhook: Secret, rate?: SendRate) => Forwarder;
let forwarder: Forwarder;

beforeEach(() => {
  [posted, deferred, postponed, poisoned, lines] = [[], [], [], [], []];
  post = async () => undefined;
  defer = async () => true;
  outOfReach = undefined;
  const check = () => {
    if (outOfReach) throw outOfReach;
  };
  const queue = {
    defer: async ({ id, message }: ReceivedMessage, retryAfter?: number) => {
      check();
      deferred.push({ message: { ...message, id }, retryAfter });
      return defer();
    },
    postpone: async ({ id, message }: ReceivedMessage, notBefore: Date) => {
      check();
      postponed.push({ message: { ...message, id }, notBefore });
    },
    poison: async (text: string) => {
      check();
      poisoned.push(text);
    },
  };
  const carrier = {
    send: async (event: SignedEvent) => {
      posted.push(event);
      await post();
    },
  };
  deliveries = new TestDeliveries();
  open = (webhook, rate = new SendRate(1_000_000)) =>
    new Forwarder(queue as unknown as MessageQueue, carrier, webhook, deliveries, rate);
  forwarder = open(fixedSecret(secret));
});

function forward(entry: unknown, id: unknown = "the queue's id", facts: object = {}): Promise<void> {
  const write = (text: string) => void lines.push(text);
  const context = {
    triggerMetadata: { id, ...facts },
    invocationId: "the invocation's id",
    log: write,
    warn: write,
    error: write,
  };
  return forwarder.forward(Buffer.from(textOf(entry)), context as unknown as InvocationContext);
}

function textOf(entry: unknown): string {
  return typeof entry === "string" ? entry : JSON.stringify(entry);
}

function base64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64");
}

test("a message is sent to the bot as it came, signed under the queue's id", async () => {
  const entry = {
    text: "漢\ufffe",
    more: { a: [1, null] },
    relatesTo: { ...relatesTo, locale: "de" },
    isTrustedServiceUrl: true,
  };
  for (const form of [entry, JSON.stringify(entry), base64(entry)]) {
    posted = [];
    await forward(form);
    const [event] = posted;
    assert.equal(event?.["webhook-id"], "the queue's id");
    assert.equal(openEvent(event, secret).Message, textOf(form));
  }
  assert.deepEqual([deferred, postponed, poisoned], [[], [], []]);
});

test("a message's own id goes before the queue's id, in every encoding", async () => {
  const entry = { ...message, id: "its own" };
  for (const form of [entry, JSON.stringify(entry), base64(entry)]) await forward(form);
  assert.deepEqual(
    posted.map((event) => event["webhook-id"]),
    ["its own", "its own", "its own"],
  );
  post = () => Promise.reject(new TransportError(503, "no"));
  await forward(base64(entry));
  assert.deepEqual(deferred[0]?.message, entry);
});

test("each attempt has a new signature", async () => {
  await forward(message);
  await new Promise((resolve) => setTimeout(resolve, 1_010)); // a signature's time is in whole seconds
  await forward(message);
  assert.notEqual(posted[0]?.["webhook-signature"], posted[1]?.["webhook-signature"]);
});

test("a message that cannot be sent now is deferred under its id, for as long as Retry-After says", async () => {
  for (const status of [0, 401, 403, 404, 429, 500, 502, 503, 504]) {
    deferred = [];
    post = () => Promise.reject(new TransportError(status, "no", 17));
    await forward({ ...message, attempt: 3 });
    assert.deepEqual(deferred, [{ message: { ...message, attempt: 3, id: "the queue's id" }, retryAfter: 17 }]);
  }
  assert.deepEqual(poisoned, []);
});

test("a message that was deferred for a day is set aside as it came", async () => {
  post = () => Promise.reject(new TransportError(503, "Direct Line answered 503"));
  defer = async () => false;
  const entry = base64(message);
  await forward(entry);
  assert.deepEqual(poisoned, [entry]);
  assert.match(lines.join(), /the queue's id was moved to the poison queue: .*a day.*Direct Line answered 503/);
});

test("a message that Direct Line calls wrong is set aside at once", async () => {
  post = () => Promise.reject(new TransportError(413, "Direct Line answered 413", 0, true));
  await forward(message);
  assert.deepEqual([poisoned, deferred], [[textOf(message)], []]);
});

test("an invalid message is set aside at once and as it came, with a reason that names the field", async () => {
  const cases: [unknown, RegExp][] = [
    ["not json", /\(message\) is not JSON/],
    ["", /\(message\) is not JSON/],
    [null, /\(message\)/],
    [5, /\(message\)/],
    [[], /\(message\)/],
    [{}, /relatesTo is missing/],
    [{ ...message, text: 5 }, /text is not valid/],
    [{ ...message, notBefore: "soon" }, /notBefore is not valid/],
    [{ ...message, relatesTo: { ...relatesTo, channelId: "fax" } }, /relatesTo\.channelId is not valid/],
    [base64({ relatesTo }), /text is missing/],
    [{ ...message, text: "x".repeat(maxMessageBytes) }, /\(message\) is too large/],
  ];
  for (const [entry, reason] of cases) {
    [poisoned, lines] = [[], []];
    deliveries.memory.clear();
    await forward(entry);
    assert.deepEqual(poisoned, [textOf(entry)]);
    const [row] = deliveries.rows;
    assert.deepEqual([row?.id, row?.status], ["the queue's id", "failed"]);
    assert.match(row?.reason ?? "", /^The message is not valid: /);
    assert.match(row?.reason ?? "", reason);
    assert.match(lines.join(), /^Message the queue's id was moved to the poison queue: /);
    assert.match(lines.join(), reason);
  }
  assert.deepEqual(posted, []);
});

test("every message of the conformance data is sent or set aside as the data say", async () => {
  for (const one of conformance) {
    [posted, postponed, poisoned, lines] = [[], [], [], []];
    const entry = entryOf(one);
    await forward(entry);
    if ("accepted" in one.expected) {
      assert.deepEqual([posted.length + postponed.length, poisoned], [1, []], one.name);
      if (posted[0]) assert.equal(posted[0].Message, entry);
      continue;
    }
    assert.deepEqual(poisoned, [entry], one.name);
    const { field, problem } = one.expected.refused;
    for (const part of [field, ...problem]) assert.ok(lines.join().includes(part), `${one.name}: ${lines}`);
  }
});

test("a message that is not due is postponed under its id, and one that was due is sent", async () => {
  const due = new Date(Date.now() + 60_000);
  await forward({ ...message, notBefore: due.toISOString() });
  assert.deepEqual(postponed, [
    { message: { ...message, notBefore: due.toISOString(), id: "the queue's id" }, notBefore: due },
  ]);
  assert.deepEqual([posted, deferred], [[], []]);
  for (const notBefore of ["2020-01-01T00:00:00Z", new Date().toISOString()]) await forward({ ...message, notBefore });
  assert.equal(posted.length, 2);
});

test("a message that appears a moment early is kept for that moment, and postponed if it is longer", async () => {
  const due = Date.now() + 300;
  await forward({ ...message, notBefore: new Date(due).toISOString() });
  assert.equal(posted.length, 1);
  assert.ok(Date.now() >= due - 5, "node's timers may be a little early");
  await forward({ ...message, notBefore: new Date(Date.now() + 5_000).toISOString() });
  assert.deepEqual([posted.length, postponed.length], [1, 1]);
});

test("a message that would wait long for its turn goes back to the queue, which counts as no attempt", async () => {
  forwarder = open(fixedSecret(secret), new SendRate(0.1));
  await forward({ ...message, id: "b/1" });
  await forward({ ...message, id: "b/2", attempt: 3, deferredSince: "2026-01-01T00:00:00Z" });
  await forward({ ...message, id: "b/3" });
  assert.deepEqual([posted.length, deferred.length, poisoned.length], [1, 0, 0]);
  const [second, third] = postponed;
  assert.deepEqual(second?.message, {
    ...message,
    id: "b/2",
    attempt: 3,
    deferredSince: "2026-01-01T00:00:00Z",
  });
  assert.equal(third?.message.attempt, undefined);
  assert.ok(Number(second?.notBefore) - Date.now() > 9_000);
  assert.ok(Number(third?.notBefore) - Number(second?.notBefore) >= 10_000, "they do not come back together");
});

test("messages that wait a moment for their turn are kept", async () => {
  forwarder = open(fixedSecret(secret), new SendRate(5));
  const begin = Date.now();
  await Promise.all([1, 2, 3].map((n) => forward({ ...message, id: String(n) })));
  assert.deepEqual([posted.length, postponed.length], [3, 0]);
  assert.ok(Date.now() - begin >= 390, "node's timers may be a little early");
});

test("a cancelled message is dropped instead of going back to the queue", async () => {
  await deliveries.cancel("1", "an operator cancelled it");
  post = () => Promise.reject(new TransportError(503, "no"));
  await forward({ ...message, id: "1" }); // on its way to the bot, which looks for itself
  await forward({ ...message, id: "1", notBefore: "2099-01-01T00:00:00Z" });
  forwarder = open(fixedSecret(secret), new SendRate(0.001));
  post = async () => undefined;
  await forward({ ...message, id: "2" });
  await forward({ ...message, id: "1" });
  assert.deepEqual([posted.length, deferred, postponed, poisoned], [2, [], [], []]);
  assert.equal(deliveries.rows[0]?.status, "cancelled");
  assert.equal(lines.filter((line) => line === "Message 1 was cancelled, and is dropped").length, 3);
});

test("the error of a queue that cannot be reached is thrown, so that the host keeps the message", async () => {
  outOfReach = Object.assign(new Error("out of reach"), { name: "RestError", statusCode: 400 });
  const thrown = (error: unknown) => error === outOfReach;
  await assert.rejects(forward("not json"), thrown);
  await assert.rejects(forward({ ...message, notBefore: "2099-01-01T00:00:00Z" }), thrown);
  post = () => Promise.reject(new TransportError(503, "no"));
  await assert.rejects(forward(message), thrown);
  post = () => Promise.reject(new TransportError(400, "no", 0, true));
  await assert.rejects(forward(message), thrown);
});

test("an unexpected error is thrown, and counts neither as sent nor as an invalid message", async () => {
  const bug = new TypeError("a bug");
  post = () => Promise.reject(bug);
  await assert.rejects(forward(message), (error) => error === bug);
  assert.deepEqual([deferred, poisoned], [[], []]);
});

test("a message whose id is not a text is set aside", async () => {
  for (const id of [7, false, { toString: "x" }]) {
    lines = [];
    await forward({ ...message, id });
    assert.match(
      lines.join(),
      /^Message the queue's id was moved to the poison queue: id is not valid: expected string/,
    );
  }
});

test("the field id is read in upper and lower case, and similar names are other fields", async () => {
  for (const name of ["id", "Id", "ID"]) await forward({ ...message, [name]: "customer 7" });
  for (const name of ["_id", "Idea"]) await forward({ ...message, [name]: "customer 7" });
  const ids = posted.map((event) => event["webhook-id"]);
  assert.deepEqual(ids, [...Array(3).fill("customer 7"), ...Array(2).fill("the queue's id")]);
});

test("the invocation's id counts when the entry is not bytes, because a field of the body may be in the metadata", async () => {
  const context = { triggerMetadata: { id: "customer 7" }, invocationId: "the invocation's id", log: () => {} };
  for (const entry of [message, JSON.stringify(message)])
    await forwarder.forward(entry, context as unknown as InvocationContext);
  assert.deepEqual(new Set(posted.map((event) => event["webhook-id"])), new Set(["the invocation's id"]));
});

test("a message is set aside as it came, with all digits", async () => {
  for (const text of ["89e7073266", "12345678901234567890", '{"a":1,"a":2}', "true", " null\r\n", "a\r\nb", "1e999"]) {
    poisoned = [];
    await forward(text);
    assert.deepEqual(poisoned, [text]);
  }
});

test("a deferral that no app of this stack can have made is ignored", async () => {
  post = () => Promise.reject(new TransportError(503, "no"));
  const insertionTime = "2026-11-27T12:00:00+00:00";
  for (const [deferredSince, isBelieved] of [
    ["2026-11-26T11:54:00Z", false],
    ["2026-11-26T11:56:00Z", true],
  ] as const) {
    deferred = [];
    await forward({ ...message, attempt: 12, deferredSince }, undefined, { insertionTime });
    const { attempt, deferredSince: since } = deferred[0]?.message ?? {};
    assert.deepEqual([attempt, since], isBelieved ? [12, deferredSince] : [0, undefined]);
  }
});

test("optional fields that are null count as missing, because .NET writes them", async () => {
  const nulls = { notBefore: null, attempt: null, deferredSince: null, dialog: null, isTrustedServiceUrl: null };
  const entry = { ...message, id: null, ...nulls };
  await forward(entry);
  await forward(base64(entry));
  await forward(entry, null); // what the host's metadata has then
  assert.deepEqual(
    posted.map((event) => event["webhook-id"]),
    ["the queue's id", "the queue's id", "the invocation's id"],
  );
  assert.deepEqual(JSON.parse(posted[0]?.Message ?? ""), entry);
  post = () => Promise.reject(new TransportError(503, "no"));
  await forward(entry);
  assert.deepEqual(deferred[0]?.message, { ...message, id: "the queue's id" });
  assert.deepEqual([postponed, poisoned], [[], []]);
});

test("a message is deferred under its id while the vault gives no secret, and set aside after a day", async () => {
  const failures: [Forwarder, () => Promise<void>][] = [
    [open(lostSecret()), async () => undefined],
    [forwarder, () => Promise.reject(new VaultError("the vault answered 503"))], // the key to Direct Line is in it too
  ];
  for (const [lost, posting] of failures) {
    [forwarder, post, deferred, poisoned, lines] = [lost, posting, [], [], []];
    await forward({ ...message, attempt: 3 });
    assert.deepEqual(deferred, [{ message: { ...message, attempt: 3, id: "the queue's id" }, retryAfter: 0 }]);
    assert.deepEqual(lines, ["Message the queue's id was deferred: the vault answered 503"]);
    assert.deepEqual(poisoned, []);
    defer = async () => false;
    await forward(message);
    assert.deepEqual(poisoned, [textOf(message)]);
    defer = async () => true;
  }
});

test("after a refused signature the secret is renewed before the copy goes back, and the next attempt uses the new one", async () => {
  const newer = `whsec_${randomBytes(32).toString("base64")}`;
  const webhook: TestSecret = rotatingSecret([secret, newer]);
  forwarder = open(webhook);
  post = () => Promise.reject(new TransportError(502, "Direct Line answered 502"));
  let renewalsBefore = 0;
  defer = async () => {
    renewalsBefore = webhook.renewals;
    return true;
  };
  await forward(message);
  assert.deepEqual([deferred.length, renewalsBefore], [1, 1]);
  assert.equal(openEvent(posted[0], secret)["webhook-id"], "the queue's id");
  post = async () => undefined;
  await forward(deferred[0]?.message);
  assert.equal(openEvent(posted[1], newer)["webhook-id"], "the queue's id");
});

test("a message is deferred with the first error even when the secret cannot be renewed", async () => {
  forwarder = open(lostSecret(secret));
  post = () => Promise.reject(new TransportError(502, "Direct Line answered 502", 17));
  await forward(message);
  assert.equal(deferred[0]?.retryAfter, 17);
  assert.deepEqual(lines, ["Message the queue's id was deferred: Direct Line answered 502"]);
});

test("the secret is not renewed when the message was sent, is postponed or is wrong", async () => {
  const webhook = fixedSecret(secret);
  forwarder = open(webhook);
  await forward(message);
  await forward({ ...message, notBefore: "2099-01-01T00:00:00Z" });
  await forward("not json");
  post = () => Promise.reject(new TransportError(413, "no", 0, true));
  await forward(message);
  assert.equal(webhook.renewals, 0);
});

test("the log has ids and reasons, and never a text or the secret", async () => {
  await forward(message);
  await forward({ ...message, text: ["ulterior"] });
  await forward("ulterior");
  await forward({ ...message, notBefore: "2099-01-01T00:00:00Z" });
  post = () => Promise.reject(new TransportError(503, "no"));
  await forward(message);
  assert.equal(lines.length, 5);
  assert.doesNotMatch(lines.join("\n"), /ulterior|whsec_/);
});

test("the bot gets the copy that comes back after a deferral", async () => {
  const copy = { ...message, id: "1", attempt: 2, deferredSince: new Date().toISOString() };
  await forward(copy);
  assert.deepEqual(parseMessage(posted[0]?.Message), copy);
});

/** As the host tells them: learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger#message-metadata */
const facts = { insertionTime: "2026-01-02T03:04:05+00:00", dequeueCount: 2 };

test("the timestamps are recorded; a copy keeps the time at which the message was queued first", async () => {
  const before = new Date();
  await forward(message, "1", facts);
  const [{ dequeuedAt, ...row } = {} as Delivery] = deliveries.rows;
  assert.deepEqual(row, { id: "1", queuedAt: new Date("2026-01-02T03:04:05Z"), dequeueCount: 2 });
  assert.ok(dequeuedAt && before <= dequeuedAt && dequeuedAt <= new Date());
  const copyOfIt = { ...message, id: "1", attempt: 1 };
  await forward(copyOfIt, "2", { insertionTime: "2026-02-02T03:04:05+00:00", dequeueCount: 1 });
  assert.deepEqual(deliveries.rows[0]?.queuedAt, new Date("2026-01-02T03:04:05Z"));
  assert.equal(deliveries.rows[0]?.dequeueCount, 1);
});

test("missing metadata of the queue stops no message", async () => {
  for (const hidden of [
    { insertionTime: "soon", dequeueCount: "ulterior" },
    { insertionTime: {}, dequeueCount: 1.5 },
    {},
  ]) {
    deliveries.memory.clear();
    await forward(message, "1", hidden);
    assert.deepEqual(Object.keys(deliveries.rows[0] ?? {}).sort(), ["dequeuedAt", "id"]);
  }
  assert.equal(posted.length, 3);
});

test("the timestamps are recorded after the bot's answer, so that the user does not wait", async () => {
  post = async () => assert.deepEqual(deliveries.rows, []);
  await forward(message, "1", facts);
  assert.equal(deliveries.rows.length, 1);
});

test("the row of a waiting message has the reason", async () => {
  await forward({ ...message, id: "1", notBefore: "2099-01-01T00:00:00Z" }, "q", facts);
  post = () => Promise.reject(new TransportError(503, "Direct Line answered 503"));
  await forward({ ...message, id: "2" }, "q", facts);
  const kept = deliveries.rows.map(({ id, status, reason, queuedAt }) => [id, status, reason, queuedAt?.toISOString()]);
  assert.deepEqual(kept, [
    ["1", "waiting", "The message is not due before 2099-01-01T00:00:00Z.", "2026-01-02T03:04:05.000Z"],
    ["2", "waiting", "Direct Line answered 503", "2026-01-02T03:04:05.000Z"],
  ]);
});

test("the row of a failed message has the reason, unless the bot has delivered it all the same", async () => {
  defer = async () => false;
  post = () => Promise.reject(new TransportError(503, "Direct Line answered 503"));
  await forward({ ...message, id: "1" });
  assert.deepEqual(
    [deliveries.rows[0]?.status, deliveries.rows[0]?.reason],
    ["failed", "The message was deferred for a day. Last error: Direct Line answered 503"],
  );
  post = async () => {
    await deliveries.markDelivered("2", new Date());
    throw new TransportError(0, "Direct Line could not be reached: TimeoutError");
  };
  await forward({ ...message, id: "2" });
  assert.equal(deliveries.rows[1]?.status, "delivered");
});

test("a table that cannot be reached stops no message, and the log names the row that was not written", async () => {
  deliveries.memory.failure = new TableUnreachableError("table deliveries: gone");
  await forward(message);
  await forward("not json");
  await forward({ ...message, notBefore: "2099-01-01T00:00:00Z" });
  post = () => Promise.reject(new TransportError(503, "no"));
  await forward(message);
  assert.deepEqual([posted.length, poisoned.length, postponed.length, deferred.length], [2, 1, 1, 1]);
  const unrecorded = lines.filter((line) =>
    /^The row of message .* was not written: table deliveries: gone$/.test(line),
  );
  assert.equal(unrecorded.length, 4);
});

test("a message that is due in three weeks is hidden again each time it appears, and sent when it is due", async (t) => {
  const start = Date.parse("2026-01-01T00:00:00Z");
  const day = 24 * 60 * 60 * 1000;
  t.mock.timers.enable({ apis: ["Date"], now: start });
  const hidden: number[] = [];
  let entry: string | undefined = JSON.stringify({ ...message, id: "1", notBefore: "2026-01-22T12:00:00Z" });
  const client = {
    sendMessage: async (text: string, { visibilityTimeout = 0 }) => {
      hidden.push(visibilityTimeout);
      entry = text;
    },
  };
  const queue = new MessageQueue("https://example.com/queue", { getToken: async () => null });
  Object.assign(queue, { queue: client });
  const carrier = { send: async (event: SignedEvent) => void posted.push(event) };
  forwarder = new Forwarder(queue, carrier, fixedSecret(secret), deliveries, new SendRate(1_000));
  while (entry && posted.length === 0) {
    const came: string = entry;
    entry = undefined;
    await forward(came);
    t.mock.timers.setTime(Date.now() + (hidden.at(-1) ?? 0) * 1000);
  }
  assert.deepEqual(hidden, [7 * 86_400, 7 * 86_400, 7 * 86_400, 86_400 / 2]);
  assert.equal(posted[0]?.["webhook-id"], "1");
  assert.equal(entry, undefined);
  assert.ok(Number(posted[0]?.["webhook-timestamp"]) * 1000 >= start + 21.5 * day);
});
