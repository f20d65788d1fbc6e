import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { InvalidMessageError } from "../../../core/message/invalid-message";
import {
  maxMessageBytes,
  parseMessage,
  type QueueMessage,
  type ReceivedMessage,
} from "../../../core/message/queue-message";
import { MessageQueue, QueueMissingError } from "../../../core/queue/message-queue";
import { startTlsStub, type TlsStub } from "../helpers/tls-stub";

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
        /&(quot|lt|gt|apos|amp|#xD|#xA);/g,
        (_, name) =>
          ({ quot: '"', lt: "<", gt: ">", apos: "'", amp: "&", "#xD": "\r", "#xA": "\n" })[name as string] ?? "",
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

const reach = () => queue.checkAccess();
const everything = [
  () => queue.enqueue(message),
  () => queue.defer(received(message)),
  () => queue.postpone(received(message), new Date()),
  () => queue.restore(received(message)),
  () => queue.poison("x"),
  reach,
];

function received(message: QueueMessage, json = JSON.stringify(message)): ReceivedMessage {
  return { id: message.id ?? "queue", json, message };
}

/** The one message that was sent. */
function only(): Sent {
  assert.equal(sent.length, 1);
  return sent[0] as Sent;
}

function ofSize(bytes: number, fields: Partial<QueueMessage>): QueueMessage {
  const empty = { relatesTo, text: "", ...fields };
  return { ...empty, text: "x".repeat(bytes - JSON.stringify(empty).length) };
}

test("a message is queued as plain JSON, visible at once and without expiry", async () => {
  const awkward = { ...message, text: '<&>"\u0000\ufffe漢😀\r\n' };
  await queue.enqueue(awkward);
  assert.deepEqual(parseMessage(only().text), awkward);
  assert.deepEqual({ ...only(), text: "" }, { queue: "bot-queue", text: "", hidden: 0, timeToLive: "-1" });
});

test("a message that is not due is hidden until then or for seven days, rounded down", async () => {
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

test("a message of a batch appears at the given time, whatever its notBefore", async () => {
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
  await assert.rejects(queue.enqueue(ofSize(maxMessageBytes + 1, {})), InvalidMessageError);
  assert.equal(sent.length, 0);
});

test("a deferred message keeps everything, counts its attempts and waits longer each time", async () => {
  const first = { ...message, priority: "ours not to reason why" };
  assert.equal(await queue.defer(received(first)), true);
  const copy = parseMessage(only().text);
  assert.equal(copy.attempt, 1);
  assert(Math.abs(Date.parse(copy.deferredSince ?? "") - Date.now()) < 60_000);
  const { attempt, deferredSince, ...rest } = copy;
  assert.deepEqual(rest, first);
  assert(only().hidden >= 2 && only().hidden <= 3);
  assert.equal(only().timeToLive, "-1");

  assert.equal(await queue.defer(received({ ...copy, attempt: 6 })), true);
  const again = parseMessage(sent[1]?.text);
  assert.deepEqual(again, { ...copy, attempt: 7 }, "it was deferred first when it was deferred first");
  assert((sent[1]?.hidden ?? 0) >= 128);
});

test("null in the fields of a deferral counts as missing: the first deferral follows", async () => {
  const nulls = { ...message, attempt: null, deferredSince: null };
  await queue.defer(received(nulls));
  await queue.postpone(received(nulls), new Date(Date.now() + day));
  const [deferred, postponed] = sent.map(({ text }) => parseMessage(text));
  assert.deepEqual([deferred?.attempt, postponed?.attempt], [1, 0]);
  assert(Math.abs(Date.parse(deferred?.deferredSince ?? "") - Date.now()) < 60_000);
  await assert.rejects(queue.enqueue({ ...ofSize(maxMessageBytes + 1, {}), attempt: null }), InvalidMessageError);
});

test("a copy keeps every other field character by character, and has the apps' fields in one spelling", async () => {
  const json = `\ufeff{"big": 12345678901234567890,\r\n "Id":"old","twice":1, "twice":[1.0,{"a":", }"}],"ATTEMPT":3,
    "deferred_since":"2020-01-01T00:00:00Z", "RelatesTo":${JSON.stringify(relatesTo)}, "t":"\\u00fc\\"\\\\", "text":"hello"}`;
  const kept = `{"big":12345678901234567890,"twice":1,"twice":[1.0,{"a":", }"}],"RelatesTo":${JSON.stringify(relatesTo)},"t":"\\u00fc\\"\\\\","text":"hello"`;
  const fresh = { ...received(message, json), id: "new" };
  for (const form of [json, Buffer.from(json).toString("base64"), Buffer.from(json, "utf16le").toString("base64")]) {
    sent = [];
    await queue.defer({ ...fresh, json: form });
    assert.equal(only().text.replace(/"attempt".*/, ""), `${kept},`);
    const { attempt, deferredSince, id } = parseMessage(only().text);
    assert.deepEqual([attempt, id], [1, "new"]);
    assert.ok(Math.abs(Date.parse(deferredSince ?? "") - Date.now()) < 60_000);
  }
  sent = [];
  await queue.restore(fresh);
  assert.equal(only().text, `${kept},"attempt":0,"id":"new"}`);
});

test("a copy that would be too large for a queue has fewer escapes", async () => {
  const text = "\\u00fc".repeat(10_880);
  const json = `{"relatesTo":${JSON.stringify(relatesTo)},"text":"${text}"}`;
  await queue.defer(received({ ...parseMessage(json), id: "i".repeat(200) }, json));
  assert.equal(parseMessage(only().text).text, "ü".repeat(10_880));
  assert.ok(Buffer.byteLength(only().text) < 64 * 1024);
});

test("a deferral that a producer has set allows at most a day from now, and no longer waits", async () => {
  const ahead = new Date(Date.now() + 365 * day).toISOString();
  await queue.defer(received({ ...message, attempt: 1_000, deferredSince: ahead }));
  assert.ok(Date.parse(parseMessage(only().text).deferredSince ?? "") <= Date.now());
  sent = [];
  await queue.defer(received({ ...message, attempt: 1_000 }));
  assert.equal(parseMessage(only().text).attempt, 1);
});

test("a restored message is like a new one", async () => {
  const past = { attempt: 9, deferredSince: "2026-01-01T00:00:00Z", notBefore: "2026-01-01T00:00:00Z" };
  await queue.restore(received({ ...message, ...past }));
  assert.deepEqual(parseMessage(only().text), { ...message, attempt: 0 });
  assert.equal(only().hidden, 0);
  sent = [];
  const notBefore = new Date(Date.now() + 90_900).toISOString();
  await queue.restore(received({ ...message, notBefore }));
  assert.deepEqual([parseMessage(only().text).notBefore, only().hidden], [notBefore, 90]);
});

test("a deferred message waits as long as Retry-After says", async () => {
  await queue.defer(received(message), 100);
  assert.equal(only().hidden, 100);
});

test("a message that was deferred for a day has failed, and no copy is queued", async () => {
  const since = (milliseconds: number) => ({
    ...message,
    attempt: 9,
    deferredSince: new Date(Date.now() - milliseconds).toISOString(),
  });
  assert.equal(await queue.defer(received(since(day - 60_000))), true);
  assert.equal(await queue.defer(received(since(day + 60_000))), false);
  assert.equal(sent.length, 1);
});

test("the largest message can be deferred and postponed, and is still valid when it comes back", async () => {
  const { id, ...largest } = { ...ofSize(maxMessageBytes, {}), id: "6f0b1d2e-5a66-4c1c-9d0b-3f6c8a7e9b10" };
  await queue.defer({ ...received(largest), id });
  await queue.postpone({ ...received(largest), id }, new Date(Date.now() + day));
  for (const { text } of sent) assert.equal(parseMessage(text).id, id);
  assert.equal(sent.length, 2);
});

test("a postponed message appears when it is due, or after seven days to be hidden again", async () => {
  for (const [wait, hidden] of [
    [90_000, 90],
    [1, 1],
    [-day, 1],
    [400 * day, 7 * 24 * 60 * 60],
  ] as const) {
    sent = [];
    await queue.postpone(received(message), new Date(Date.now() + wait));
    assert(Math.abs(only().hidden - hidden) <= 1 && only().hidden >= 1, `${wait} ms: ${only().hidden} s`);
    assert.equal(parseMessage(only().text).text, "hello");
  }
});

test("the poison queue gets the text as it came", async () => {
  for (const [entry, text] of [
    ["not json", "not json"],
    ["a\r\nb\nc\rd &#xD; <&>", "a\r\nb\nc\rd &#xD; <&>"],
    ['{"a": "\uffff"}', '{"a": "\\uffff"}'], // as the bot's API got it: the queue's XML would not take it
    ["89e7073266", "89e7073266"],
  ] as const) {
    sent = [];
    await queue.poison(entry);
    assert.deepEqual(only(), { queue: "bot-queue-poison", text, hidden: 0, timeToLive: "-1" });
  }
});

test("the error for a missing queue says what to do", async () => {
  failure = { status: 404, code: "QueueNotFound" };
  for (const work of everything) {
    await assert.rejects(
      work(),
      (error) => error instanceof QueueMissingError && /bot-queue.*pulumi up/.test(error.message),
    );
  }
});

test("the error for a missing right names the role", async () => {
  failure = { status: 403, code: "AuthorizationPermissionMismatch" };
  for (const work of everything) {
    const role = work === reach ? "Reader" : "Message Sender";
    const said = `This app may not .* the queue ${storage.url}/account/bot-queue.*: the role Storage Queue Data ${role} is missing`;
    await assert.rejects(work(), { name: "QueueForbiddenError", message: new RegExp(said) });
  }
});

test("any other error is thrown as it is", async () => {
  for (const [status, code] of [
    [401, "InvalidAuthenticationInfo"],
    [409, "QueueBeingDeleted"],
  ] as const) {
    failure = { status, code };
    for (const work of everything) await assert.rejects(work(), { name: "RestError", statusCode: status, code });
  }
});

test("the access check needs both queues", async () => {
  await queue.checkAccess();
  assert.equal(queue.name, "bot-queue");
});
