import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidMessageError } from "../../../core/message/invalid-message";
import { decodeBase64 } from "../../../core/message/json-text";
import { formatMessage, maxMessageBytes, parseMessage, type QueueMessage } from "../../../core/message/queue-message";

/** What the 2018 template's function put on the queue: C#'s ConversationReference in camel case, nulls and all. */
const from2018 = {
  relatesTo: {
    activityId: "5IvOpsdQYg9",
    user: { id: "2c1c7fa3", name: "User", role: null },
    bot: { id: "mybot@abc", name: "mybot" },
    conversation: { isGroup: null, conversationType: null, id: "8a684db8", name: null },
    channelId: "webchat",
    serviceUrl: "https://webchat.botframework.com/",
  },
  text: "hello",
  isTrustedServiceUrl: true,
};
const relatesTo = { conversation: { id: "c" }, channelId: "directline" as const, serviceUrl: "https://example.com/" };
const message: QueueMessage = { relatesTo, text: "hello" };

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** A message whose JSON has so many bytes. */
function ofSize(bytes: number, fields: Partial<QueueMessage> = {}): QueueMessage {
  const empty = { ...message, ...fields, text: "" };
  return { ...empty, text: "x".repeat(bytes - Buffer.byteLength(JSON.stringify(empty))) };
}

/** Text of every kind of character that has made trouble on some queue. */
function randomText(): string {
  const pieces = [
    "\u0000",
    "\u001f",
    '"',
    "\\",
    "<&>",
    "é",
    "漢",
    "😀",
    "\ud800",
    "\udc00",
    "\u2028",
    "\ufffe",
    "\uffff",
  ];
  const more = [
    ...pieces.filter((piece) => !/\p{Surrogate}/u.test(piece)),
    "\r\n",
    " ",
    "=",
    "eyJ9",
    "\u007f",
    "\ufeff",
    "__proto__",
    "{",
    "]]>",
  ];
  return Array.from(
    { length: Math.floor(Math.random() * 30) },
    () => more[Math.floor(Math.random() * more.length)],
  ).join("");
}

/** Asserts that the entry is refused for this field, and returns the problem. */
function refused(entry: unknown, field: string): string {
  let problem = "";
  assert.throws(
    () => parseMessage(entry),
    (error) => {
      assert(error instanceof InvalidMessageError, String(error));
      assert.equal(error.field, field);
      assert.equal(error.message, `${field} ${error.problem}`);
      problem = error.problem;
      return true;
    },
  );
  return problem;
}

test("the JSON of 2018 is read as an object, as text, with a byte order mark, as Base64 of UTF-8 and of UTF-16", () => {
  const json = JSON.stringify(from2018);
  const wrapped = base64(json).replace(/.{76}/g, "$&\r\n");
  const entries = [from2018, json, `\ufeff${json}`, ` \r\n${json}\n`, base64(json), base64(`\ufeff${json}`), wrapped];
  for (const mark of ["", "\ufeff"]) {
    const utf16 = Buffer.from(mark + json, "utf16le");
    entries.push(utf16.toString("base64"), Buffer.from(utf16).swap16().toString("base64"));
  }
  const { user, conversation, ...rest } = from2018.relatesTo;
  const read = { ...rest, user: { id: user.id, name: user.name }, conversation: { id: conversation.id } };
  for (const entry of entries) assert.deepEqual(parseMessage(entry), { ...from2018, relatesTo: read });
});

test("unknown fields are kept, wherever they are", () => {
  const extended = {
    ...message,
    priority: 1,
    relatesTo: { ...relatesTo, locale: "de", conversation: { id: "c", tenantId: "t" } },
  };
  assert.deepEqual(parseMessage(JSON.stringify(extended)), extended);
});

test("formatted and parsed, plain or as Base64, a text stays the same whatever is in it", () => {
  for (let i = 0; i < 500; i++) {
    const original = { ...message, text: `x${randomText()}`, [randomText()]: randomText() };
    const json = formatMessage(original);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0, in which a queue carries text, cannot hold
    assert.doesNotMatch(json, /[\u0000-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])/);
    assert.deepEqual(JSON.parse(json), original);
    assert.deepEqual(parseMessage(json), original);
    assert.deepEqual(parseMessage(base64(json)), original);
  }
});

test("Base64 is distinguished from other text", () => {
  for (const text of ["", "{}", "abc", "YQ", "YQ=", "YR==", "YQ==x", "Y-Q_", "äöü=", "=", "===="]) {
    assert.equal(decodeBase64(text), undefined, text);
  }
  assert.equal(String(decodeBase64("YQ==")), "a");
  assert.equal(String(decodeBase64(" Y\r\nQ=\t=\n")), "a");
  for (let i = 0; i < 200; i++) {
    const text = Buffer.from(randomText()).toString(); // half a surrogate pair has no UTF-8
    if (text) assert.equal(String(decodeBase64(base64(text))), text);
  }
});

test("Base64 is recognised quickly, even in a text that is made to be slow", () => {
  const before = process.cpuUsage();
  for (const filling of [" ", "A", "A ", "="]) assert.equal(decodeBase64(`${filling.repeat(60_000)}{`), undefined);
  assert(process.cpuUsage(before).user < 500_000, "it is not quadratic"); // of the processor: others may keep it busy
});

test("an optional field that is null counts as missing, at every level", () => {
  const none = { name: null, aadObjectId: null, role: null, properties: null };
  const account = { id: "a", ...none };
  const conversation = { id: "c", ...none, isGroup: null, conversationType: null, tenantId: null };
  const nulls = {
    ...message,
    relatesTo: { ...relatesTo, conversation, user: account, bot: account, activityId: null, locale: null },
    to: null,
    attachments: null,
    isTrustedServiceUrl: null,
    id: null,
    notBefore: null,
    attempt: null,
    deferredSince: null,
    dialog: null,
  };
  const read = { ...message, relatesTo: { ...relatesTo, user: { id: "a" }, bot: { id: "a" } } };
  for (const entry of [nulls, JSON.stringify(nulls)]) assert.deepEqual(parseMessage(entry), read);
});

test("a required field must not be null", () => {
  for (const field of ["relatesTo", "text"]) refused({ ...message, [field]: null }, field);
  for (const field of ["conversation", "channelId", "serviceUrl"]) {
    refused({ ...message, relatesTo: { ...relatesTo, [field]: null } }, `relatesTo.${field}`);
  }
  for (const field of ["conversation", "user", "bot"]) {
    refused({ ...message, relatesTo: { ...relatesTo, [field]: { id: null } } }, `relatesTo.${field}.id`);
  }
});

test("an error names the wrong field", () => {
  assert.match(refused("not json", "(message)"), /is not JSON, neither plain nor as Base64/);
  assert.match(refused("", "(message)"), /is not JSON/);
  assert.match(refused(base64("not json"), "(message)"), /is not JSON/);
  for (const entry of [null, [], 5, true, '"text"', "null", "[]"]) refused(entry, "(message)");
  assert.equal(refused(undefined, "(message)"), "is missing: expected object");
  assert.equal(refused({ text: "x" }, "relatesTo"), "is missing: a message needs relatesTo or to");
  assert.equal(refused({ relatesTo }, "text"), "is missing: a message needs text, attachments or dialog");
  assert.equal(
    refused({ ...message, relatesTo: { ...relatesTo, conversation: {} } }, "relatesTo.conversation.id"),
    "is missing: expected string",
  );
  assert.match(
    refused({ ...message, relatesTo: { ...relatesTo, channelId: "fax" } }, "relatesTo.channelId"),
    /"directline"/,
  );
  refused({ ...message, relatesTo: { ...relatesTo, channelId: undefined } }, "relatesTo.channelId");
  refused({ ...message, relatesTo: { ...relatesTo, serviceUrl: "example.com" } }, "relatesTo.serviceUrl");
  refused({ ...message, relatesTo: { ...relatesTo, user: { name: "without id" } } }, "relatesTo.user.id");
  refused({ ...message, relatesTo: { ...relatesTo, bot: "me" } }, "relatesTo.bot");
  assert.match(refused({ ...message, text: 5 }, "text"), /expected string, received number/);
  refused({ ...message, isTrustedServiceUrl: "true" }, "isTrustedServiceUrl");
  refused({ ...message, id: "" }, "id");
  refused({ ...message, dialog: 1 }, "dialog");
  for (const attempt of [-1, 1.5, "1", Number.NaN]) refused({ ...message, attempt }, "attempt");
});

test("an error never repeats a value of the message", () => {
  const secret = "ulterior-motive";
  const wrong = {
    relatesTo: { channelId: secret, serviceUrl: secret, conversation: secret, user: secret },
    text: [secret],
  };
  for (const entry of [
    secret,
    `{${secret}`,
    wrong,
    { ...message, notBefore: secret },
    { ...message, attempt: secret },
  ]) {
    assert.throws(
      () => parseMessage(entry),
      (error: Error) => !error.message.includes(secret),
    );
  }
});

test("every accepted time is a valid Date", () => {
  const good = [
    "2030-01-01T00:00:00Z",
    "2030-01-01T00:00:00.1234567Z",
    "2030-01-01T00:00:00+02:00",
    "2028-02-29T00:00:00Z",
  ];
  for (const notBefore of good) {
    const parsed = parseMessage({ ...message, notBefore, deferredSince: notBefore });
    assert(Number.isFinite(Date.parse(parsed.notBefore ?? "")), notBefore);
  }
  const bad = ["soon", "", "2030-01-01", "2030-01-01T00:00:00", "2030-02-30T00:00:00Z", "2030-01-01T24:00:00Z", 5];
  for (const time of bad) {
    refused({ ...message, notBefore: time }, "notBefore");
    refused({ ...message, deferredSince: time }, "deferredSince");
  }
});

test("a message of 48 KiB is accepted and one byte more is not, in bytes of JSON in any encoding", () => {
  const largest = ofSize(maxMessageBytes);
  const tooLarge = ofSize(maxMessageBytes + 1);
  assert.equal(Buffer.byteLength(formatMessage(largest)), 49_152);
  for (const encode of [(json: string) => json, base64, JSON.parse]) {
    assert.deepEqual(parseMessage(encode(JSON.stringify(largest))), largest);
    assert.equal(
      refused(encode(JSON.stringify(tooLarge)), "(message)"),
      "is too large: 49153 bytes, at most 49152 are allowed",
    );
  }
  assert.throws(() => formatMessage(tooLarge), InvalidMessageError);
  assert.throws(
    () => formatMessage({ ...message, text: "漢".repeat(17_000) }),
    InvalidMessageError,
    "bytes, not characters",
  );
  assert.match(refused("{".repeat(60_000), "(message)"), /too large/);
});

test("the largest message still fits when it is deferred", () => {
  const deferred = {
    ...ofSize(maxMessageBytes),
    id: "i".repeat(36),
    attempt: 40,
    deferredSince: new Date().toISOString(),
  };
  assert.deepEqual(parseMessage(formatMessage(deferred)), deferred);
  assert(Buffer.byteLength(formatMessage(deferred)) < 64 * 1024, "a queue takes 64 KiB");
});

test("a message cannot pollute a prototype", () => {
  const hostile = `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},${JSON.stringify(message).slice(1)}`;
  for (const entry of [hostile, JSON.parse(hostile), base64(hostile)]) {
    const parsed = parseMessage(entry) as QueueMessage & { polluted?: number };
    assert.equal(parsed.polluted, undefined);
    assert.equal(({} as { polluted?: number }).polluted, undefined);
    assert.equal({ ...parsed, id: "1" }.polluted, undefined);
  }
  refused(`{"__proto__":${JSON.stringify(message)}}`, "relatesTo");
});

test("a message is for a conversation or for a user, and never for both", () => {
  const to = { channelId: "msteams" as const, userId: "29:ada", tenantId: "t" };
  assert.deepEqual(parseMessage({ to: { ...to, serviceUrl: null }, text: "hello" }).to, to);
  assert.equal(refused({ ...message, to }, "to"), "must not be there beside relatesTo: a message needs one of them");
  assert.equal(
    refused({ text: "x", relatesTo: null, to: null }, "relatesTo"),
    "is missing: a message needs relatesTo or to",
  );
  assert.match(refused({ to: { ...to, mail: "a@b.example" }, text: "x" }, "to"), /"mail"/);
  assert.equal(refused({ to: { channelId: "msteams" }, text: "x" }, "to.userId"), "is missing: expected string");
});

test("a message needs a text, attachments or a dialog", () => {
  const card = {
    contentType: "application/vnd.microsoft.card.adaptive",
    content: { type: "AdaptiveCard", more: null },
  };
  const picture = { contentType: "image/png", contentUrl: "data:image/png;base64,AAAA", name: "dot" };
  const shown = { relatesTo, attachments: [card, picture] };
  assert.deepEqual(parseMessage(JSON.stringify(shown)), shown);
  assert.deepEqual(parseMessage({ relatesTo, dialog: "" }), { relatesTo, dialog: "" });
  for (const text of ["", " \n"]) {
    assert.equal(refused({ relatesTo, text }, "text"), "is empty: a message needs text, attachments or dialog");
    assert.equal(parseMessage({ relatesTo, text, attachments: [card] }).text, text);
  }
  refused({ relatesTo, attachments: [] }, "attachments");
  refused({ relatesTo, attachments: Array(11).fill(card) }, "attachments");
  refused({ relatesTo, attachments: [card, {}] }, "attachments[1].contentType");
  refused({ relatesTo, attachments: [{ contentType: "image/png" }] }, "attachments[0].content");
  refused(
    { relatesTo, attachments: [{ ...picture, contentUrl: "http://x.example/a.png" }] },
    "attachments[0].contentUrl",
  );
});
