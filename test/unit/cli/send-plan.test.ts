import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { Failure, WrongUsage } from "../../../cli/failure";
import { type SendOptions, sendPlan } from "../../../cli/send-plan";

const now = new Date("2026-11-22T21:00:00Z");
const folder = mkdtempSync(path.join(tmpdir(), "operator-"));
after(() => rmSync(folder, { recursive: true }));

function plan(options: SendOptions, ...files: string[]) {
  return sendPlan(options, files, now);
}

function file(text: string): string {
  const name = path.join(folder, "message.json");
  writeFileSync(name, text);
  return name;
}

test("whom, what and when", () => {
  const { id, ...rest } = plan({ to: "ada", text: "hi", at: "+5m", wait: "10" });
  assert.deepEqual(rest, {
    whom: { user: "ada" },
    text: "hi",
    dialog: undefined,
    notBefore: new Date("2026-11-22T21:05:00Z"),
    waitSeconds: 10,
    isAgreed: false,
    isDryRun: false,
    evenOptedOut: false,
  });
  assert.match(id, /^send-20261122T210000Z-[0-9a-f]{6}$/);
});

test("a dialog without a name is the default one, a bare wait takes two minutes", () => {
  assert.deepEqual(
    [plan({ all: true, dialog: true }).dialog, plan({ all: true, dialog: "oldSurvey" }).dialog],
    ["", "oldSurvey"],
  );
  assert.equal(plan({ all: true, text: "x", wait: true }).waitSeconds, 120);
});

test("a user's tenant or channel leaves it to the bot where to reach them", () => {
  const userId = "00000000-1111-4222-8333-444444444444";
  assert.deepEqual(plan({ to: userId, tenant: "t", text: "hi" }).whom, {
    to: { channelId: "msteams", userId, tenantId: "t" },
  });
  assert.deepEqual(plan({ to: "U1", channel: "slack", text: "hi" }).whom, { to: { channelId: "slack", userId: "U1" } });
});

test("a file is read as the queue's messages are", () => {
  const message = {
    relatesTo: { channelId: "msteams", serviceUrl: "https://x.example/", conversation: { id: "c" } },
    text: "hi",
  };
  const json = JSON.stringify(message);
  assert.deepEqual(plan({}, file(json)).whom, { message, json });
  assert.throws(() => plan({}, file("{}")), {
    name: "Failure",
    message: "Nothing was sent: relatesTo is missing: a message needs relatesTo or to.",
  });
  assert.throws(() => plan({}, path.join(folder, "none")), WrongUsage);
  assert.throws(() => plan({}, folder), Failure);
});

const wrong: [string, SendOptions, string[], RegExp][] = [
  ["a tenant of nobody", { tenant: "t", all: true, text: "x" }, [], /use them with --to USER/],
  [
    "a channel that there is not",
    { to: "a", channel: "teams", text: "x" },
    [],
    /^The user cannot be addressed so: to\.channelId/,
  ],
  ["nobody", { text: "x" }, [], /one of FILE, --to USER, --conversation ID and --all/],
  ["two addressees", { to: "a", all: true, text: "x" }, [], /one of FILE/],
  ["a file and somebody", { to: "a" }, ["package.json"], /./],
  ["nothing to say", { to: "a" }, [], /--text TEXT or --dialog/],
  ["text and dialog", { to: "a", text: "x", dialog: true }, [], /one of both/],
  ["an empty text", { all: true, text: "" }, [], /^--text is empty: /],
  ["a text of spaces", { to: "a", text: " \n" }, [], /^--text is empty: /],
  ["everyone, opted out or not", { all: true, text: "x", evenOptedOut: true }, [], /^--even-opted-out belongs to --to/],
  ["several files", {}, ["package.json", "other"], /./],
  ["an id that is not ASCII", { to: "a", text: "x", id: "ü" }, [], /--id must be 1 to 200/],
  ["an empty id", { all: true, text: "x", id: "" }, [], /--id must be 1 to 175/],
  ["a batch's id that leaves no room", { all: true, text: "x", id: "i".repeat(176) }, [], /--id/],
  ["a wait that is no number", { to: "a", text: "x", wait: "long" }, [], /--wait is "long"/],
];
for (const [what, options, files, message] of wrong) {
  test(`${what}: refused`, () => {
    assert.throws(() => plan(options, ...files), { message });
  });
}

test("a file's own id is kept, unless another is given", () => {
  const relatesTo = { channelId: "msteams", serviceUrl: "https://x.example/", conversation: { id: "c" } };
  const name = file(JSON.stringify({ relatesTo, text: "hi", id: "its own" }));
  assert.equal(plan({}, name).id, "its own");
  assert.equal(plan({ id: "another" }, name).id, "another");
});

test("an id is taken as it is", () => {
  assert.equal(plan({ all: true, text: "x", id: "i".repeat(175) }).id, "i".repeat(175));
  assert.equal(plan({ to: "a", text: "x", id: "order 7 / confirmed?" }).id, "order 7 / confirmed?");
});
