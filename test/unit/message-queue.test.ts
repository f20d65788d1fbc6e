import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import {
  InvalidMessage,
  MessageQueue,
  maxMessageBytes,
  parseMessage,
  type QueueMessage,
  QueueMissing,
} from "../../message";
import { startTlsStub, type TlsStub } from "./helpers/tls-stub";

interface Sent {
  /** `bot-queue` or its poison queue. */
  queue: string;
  text: string;
  /** Seconds. */
  hidden: number;
  timeToLive: string | null;
}

const day = 24 * 60 * 60 * 1000;
const relatesTo = { conversation: { id: "c" }, channelId: "directline" as const, serviceUrl: "https://example.com/" };
const message: QueueMessage = { relatesTo, text: "hello", id: "1" };

let storage: TlsStub;
let queue: MessageQueue;
let sent: Sent[] = [];
/** What the stub answers instead of taking a message. */
let failure: { status: number; code: string } | undefined;

before(async () => {
  storage = await startTlsStub((request, body, response) => {
    const url = new URL(request.url ?? "/", "https://stub");
    if (failure) {
      response.writeHead(failure.status, { "content-type": "application/xml", "x-ms-error-code": failure.code });
      return response.end(`<?xml version="1.0"?><Error><Code>${failure.code}</Code><Message>No.</Message></Error>`);
    }
    if (request.method !== "POST") return response.end();
    const [, text = ""] = /<MessageText>(.*)<\/MessageText>/s.exec(body) ?? [];
    sent.push({
      queue: url.pathname.split("/")[2] ?? "",
      text: text.replace(
        /&(quot|lt|gt|apos|amp);/g,
        (_, name) => ({ quot: '"', lt: "<", gt: ">", apos: "'", amp: "&" })[name as string] ?? "",
      ),
      hidden: Number(url.searchParams.get("visibilitytimeout")),
      timeToLive: url.searchParams.get("messagettl"),
    });
    response.writeHead(201, { "content-type": "application/xml" });
    response.end(
      '<?xml version="1.0"?><QueueMessagesList><QueueMessage><MessageId>m</MessageId></QueueMessage></QueueMessagesList>',
    );
  });
  const credential = { getToken: async () => ({ token: "a token", expiresOnTimestamp: Date.now() + day }) };
  queue = new MessageQueue(`${storage.url}/account/bot-queue`, credential);
});
after(() => storage.close());
beforeEach(() => {
  sent = [];
  failure = undefined;
});

const reach = () => queue.reach();
const everything = [
  () => queue.enqueue(message),
  () => queue.defer(message),
  () => queue.postpone(message, new Date()),
  () => queue.poison("x"),
  reach,
];

/** The one message that was sent. */
function only(): Sent {
  assert.equal(sent.length, 1);
  return sent[0] as Sent;
}

function ofSize(bytes: number, fields: Partial<QueueMessage>): QueueMessage {
  const empty = { relatesTo, text: "", ...fields };
  return { ...empty, text: "x".repeat(bytes - JSON.stringify(empty).length) };
}

test("a message is queued as plain JSON, at once and for ever", async () => {
  const awkward = { ...message, text: '<&>"\u0000\ufffe漢😀\r\n' };
  await queue.enqueue(awkward);
  assert.deepEqual(parseMessage(only().text), awkward);
  assert.deepEqual({ ...only(), text: "" }, { queue: "bot-queue", text: "", hidden: 0, timeToLive: "-1" });
});

test("a message that is not due is hidden until then, or for seven days; a moment too short rather than too long", async () => {
  for (const [wait, hidden] of [
    [89_900, 89],
    [900, 0],
    [-day, 0],
    [400 * day, 7 * 24 * 60 * 60],
  ] as const) {
    sent = [];
    await queue.enqueue({ ...message, notBefore: new Date(Date.now() + wait).toISOString() });
    assert.equal(only().hidden, hidden, `${wait} ms`);
  }
});

test("one of a batch shows up when it is its time, whatever it is due", async () => {
  await queue.enqueue(
    { ...message, notBefore: new Date(Date.now() + 60_900).toISOString() },
    new Date(Date.now() + 70_900),
  );
  assert.equal(only().hidden, 70);
  sent = [];
  await queue.enqueue(message, new Date(Date.now() + 500));
  assert.equal(only().hidden, 0);
});

test("a message that is too large is not queued", async () => {
  await assert.rejects(queue.enqueue(ofSize(maxMessageBytes + 1, {})), InvalidMessage);
  assert.equal(sent.length, 0);
});

test("a deferred message keeps everything, counts its attempts and waits longer each time", async () => {
  const first = { ...message, priority: "ours not to reason why" };
  assert.equal(await queue.defer(first), true);
  const copy = parseMessage(only().text);
  assert.equal(copy.attempt, 1);
  assert(Math.abs(Date.parse(copy.deferredSince ?? "") - Date.now()) < 60_000);
  const { attempt, deferredSince, ...rest } = copy;
  assert.deepEqual(rest, first);
  assert(only().hidden >= 2 && only().hidden <= 3);
  assert.equal(only().timeToLive, "-1");

  assert.equal(await queue.defer({ ...copy, attempt: 6 }), true);
  const again = parseMessage(sent[1]?.text);
  assert.deepEqual(again, { ...copy, attempt: 7 }, "it was deferred first when it was deferred first");
  assert((sent[1]?.hidden ?? 0) >= 128);
});

test("null in a deferral's own fields is as good as absent: it begins to count", async () => {
  const nulls = { ...message, attempt: null, deferredSince: null };
  await queue.defer(nulls);
  await queue.postpone(nulls, new Date(Date.now() + day));
  const [deferred, postponed] = sent.map(({ text }) => parseMessage(text));
  assert.deepEqual([deferred?.attempt, postponed?.attempt], [1, 0]);
  assert(Math.abs(Date.parse(deferred?.deferredSince ?? "") - Date.now()) < 60_000);
  await assert.rejects(queue.enqueue({ ...ofSize(maxMessageBytes + 1, {}), attempt: null }), InvalidMessage);
});

test("a deferred message waits for as long as the other side asked", async () => {
  await queue.defer(message, 100);
  assert.equal(only().hidden, 100);
});

test("after a day of deferring a message has failed, and no copy is sent", async () => {
  const since = (milliseconds: number) => ({
    ...message,
    attempt: 9,
    deferredSince: new Date(Date.now() - milliseconds).toISOString(),
  });
  assert.equal(await queue.defer(since(day - 60_000)), true);
  assert.equal(await queue.defer(since(day + 60_000)), false);
  assert.equal(sent.length, 1);
});

test("the largest message can be deferred and postponed, and is still valid when it comes back", async () => {
  const { id, ...largest } = { ...ofSize(maxMessageBytes, {}), id: "6f0b1d2e-5a66-4c1c-9d0b-3f6c8a7e9b10" };
  await queue.defer({ ...largest, id });
  await queue.postpone({ ...largest, id }, new Date(Date.now() + day));
  for (const { text } of sent) assert.equal(parseMessage(text).id, id);
  assert.equal(sent.length, 2);
});

test("a postponed message shows up when it is due, or in seven days to be hidden again", async () => {
  for (const [wait, hidden] of [
    [90_000, 90],
    [1, 1],
    [-day, 1],
    [400 * day, 7 * 24 * 60 * 60],
  ] as const) {
    sent = [];
    await queue.postpone(message, new Date(Date.now() + wait));
    assert(Math.abs(only().hidden - hidden) <= 1 && only().hidden >= 1, `${wait} ms: ${only().hidden} s`);
    assert.equal(parseMessage(only().text).text, "hello");
  }
});

test("the poison queue gets what came, as it came", async () => {
  for (const [entry, text] of [
    ["not json", "not json"],
    [{ a: "\ufffe" }, '{"a":"\\ufffe"}'],
    ['{"a": "\uffff"}', '{"a": "\\uffff"}'], // as the bot's API got it: the queue's XML would not take it
    [5, "5"],
    [undefined, "null"],
  ] as const) {
    sent = [];
    await queue.poison(entry);
    assert.deepEqual(only(), { queue: "bot-queue-poison", text, hidden: 0, timeToLive: "-1" });
  }
});

test("a missing queue is said so, with what to do", async () => {
  failure = { status: 404, code: "QueueNotFound" };
  for (const work of everything) {
    await assert.rejects(
      work(),
      (error) => error instanceof QueueMissing && /bot-queue.*pulumi up/.test(error.message),
    );
  }
});

test("a missing right is said so, with the role that gives it", async () => {
  failure = { status: 403, code: "AuthorizationPermissionMismatch" };
  for (const work of everything) {
    const role = work === reach ? "Reader" : "Message Sender";
    const said = `This app may not .* the queue ${storage.url}/account/bot-queue.*: the role Storage Queue Data ${role} is missing`;
    await assert.rejects(work(), { name: "QueueForbidden", message: new RegExp(said) });
  }
});

test("another failure is thrown as it is, so that nothing is taken for sent", async () => {
  for (const [status, code] of [
    [401, "InvalidAuthenticationInfo"],
    [409, "QueueBeingDeleted"],
  ] as const) {
    failure = { status, code };
    for (const work of everything) await assert.rejects(work(), { name: "RestError", statusCode: status, code });
  }
});

test("it is within reach when both queues are", async () => {
  await queue.reach();
  assert.equal(queue.name, "bot-queue");
});
