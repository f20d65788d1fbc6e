import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { CommandError } from "../../../cli/errors";
import { readSendRequest, type SendOptions } from "../../../cli/send-request";

const now = new Date("2026-11-22T21:00:00Z");
const folder = mkdtempSync(path.join(tmpdir(), "send-request-"));
after(() => rmSync(folder, { recursive: true }));

function request(options: SendOptions, ...files: string[]) {
  return readSendRequest(options, files, now);
}

function file(text: string): string {
  const name = path.join(folder, "message.json");
  writeFileSync(name, text);
  return name;
}

test("recipient, content and time", () => {
  const { id, ...rest } = request({ to: "ada", text: "hi", at: "+5m", wait: "10", yes: true });
  assert.deepEqual(rest, {
    recipient: { user: "ada" },
    text: "hi",
    dialog: undefined,
    notBefore: new Date("2026-11-22T21:05:00Z"),
    waitSeconds: 10,
    yes: true,
    dryRun: undefined,
    evenOptedOut: undefined,
  });
  assert.match(id, /^send-20261122T210000Z-[0-9a-f]{6}$/);
});

test("--dialog without a name is the default dialog, --wait without a number two minutes", () => {
  assert.deepEqual(
    [request({ all: true, dialog: true }).dialog, request({ all: true, dialog: "oldSurvey" }).dialog],
    ["", "oldSurvey"],
  );
  assert.equal(request({ all: true, text: "x", wait: true }).waitSeconds, 120);
});

test("with a tenant or channel the bot looks for the user's conversation", () => {
  const userId = "00000000-1111-4222-8333-444444444444";
  assert.deepEqual(request({ to: userId, tenant: "t", text: "hi" }).recipient, {
    to: { channelId: "msteams", userId, tenantId: "t" },
  });
  assert.deepEqual(request({ to: "U1", channel: "slack", text: "hi" }).recipient, {
    to: { channelId: "slack", userId: "U1" },
  });
});

test("a file is read like a message from the queue", () => {
  const message = {
    relatesTo: { channelId: "msteams", serviceUrl: "https://x.example/", conversation: { id: "c" } },
    text: "hi",
  };
  const json = JSON.stringify(message);
  assert.deepEqual(request({}, file(json)).recipient, { message, json });
  assert.throws(() => request({}, file("{}")), {
    name: "CommandError",
    message: "The message is invalid, and nothing was sent: relatesTo is missing: a message needs relatesTo or to.",
  });
  assert.throws(() => request({}, path.join(folder, "none")), /^UsageError: The file ".*none" does not exist\.$/);
  assert.throws(() => request({}, folder), CommandError);
});

const wrong: [string, SendOptions, string[], RegExp][] = [
  ["a tenant without a user", { tenant: "t", all: true, text: "x" }, [], /Use them with --to USER/],
  ["an unknown channel", { to: "a", channel: "teams", text: "x" }, [], /^The user's address is invalid: to\.channelId/],
  ["no recipient", { text: "x" }, [], /exactly one recipient: FILE, --to USER, --conversation ID or --all/],
  ["two recipients", { to: "a", all: true, text: "x" }, [], /exactly one recipient/],
  ["a file and a user", { to: "a" }, ["package.json"], /./],
  ["no content", { to: "a" }, [], /--text TEXT or --dialog/],
  ["text and dialog", { to: "a", text: "x", dialog: true }, [], /exactly one content/],
  ["an empty text", { all: true, text: "" }, [], /^--text is empty\. /],
  ["a text of spaces", { to: "a", text: " \n" }, [], /^--text is empty\. /],
  [
    "everyone, even opted out",
    { all: true, text: "x", evenOptedOut: true },
    [],
    /^--even-opted-out works only with --to/,
  ],
  ["several files", {}, ["package.json", "other"], /./],
  ["an id that is not ASCII", { to: "a", text: "x", id: "ü" }, [], /--id must be 1 to 200/],
  ["an empty id", { all: true, text: "x", id: "" }, [], /--id must be 1 to 175/],
  ["a batch's id that leaves no room", { all: true, text: "x", id: "i".repeat(176) }, [], /--id/],
  ["a wait that is not a number", { to: "a", text: "x", wait: "long" }, [], /--wait is "long"/],
];
for (const [what, options, files, message] of wrong) {
  test(`${what}: refused`, () => {
    assert.throws(() => request(options, ...files), { message });
  });
}

test("a file's own id is kept, unless --id is given", () => {
  const relatesTo = { channelId: "msteams", serviceUrl: "https://x.example/", conversation: { id: "c" } };
  const name = file(JSON.stringify({ relatesTo, text: "hi", id: "its own" }));
  assert.equal(request({}, name).id, "its own");
  assert.equal(request({ id: "another" }, name).id, "another");
});

test("an id may be long and have spaces", () => {
  assert.equal(request({ all: true, text: "x", id: "i".repeat(175) }).id, "i".repeat(175));
  assert.equal(request({ to: "a", text: "x", id: "order 7 / confirmed?" }).id, "order 7 / confirmed?");
});
