import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach, mock, test } from "node:test";
import type { ChannelAccount } from "botbuilder";
import { admitEvent } from "../../../bot/proactive/received-event";
import { ForgedEventError, functionUser, type SignedEvent, signEvent } from "../../../core/message/signed-event";
import { type Secret, VaultError } from "../../../core/vault-secret";
import { fixedSecret, lostSecret, rotatingSecret } from "../helpers/secrets";

const key = randomKey();
const log = mock.method(console, "log", () => undefined);
const theFunction = { id: functionUser } as ChannelAccount;
const stranger = { id: "dl_stranger" } as ChannelAccount;

beforeEach(() => log.mock.resetCalls());

function randomKey(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

function logged(): string[] {
  return log.mock.calls.map((call) => String((call.arguments as unknown[])[0]));
}

/** Admits an event. Its sender counts only when it is forged. */
function admit(value: unknown, from = stranger, webhook: Secret = fixedSecret(key)): Promise<SignedEvent | undefined> {
  return admitEvent({ value, from }, webhook);
}

test("a signed event is let in, by any sender, within five minutes of its time", async () => {
  const event = signEvent('{"a":1}', "1", key);
  for (const from of [theFunction, stranger]) {
    assert.deepEqual(await admit(event, from), event);
    const minutes = (count: number) => signEvent("{}", "1", key, new Date(Date.now() + count * 60_000));
    for (const count of [-4, 4]) assert(await admit(minutes(count), from));
    for (const count of [-6, 6]) assert.equal(await admit(minutes(count)), undefined);
  }
});

test("an event is let in in its one spelling", async () => {
  const event = signEvent("{}", "1", key);
  const { "webhook-signature": signature } = event;
  assert.deepEqual(await admit({ ...event, "webhook-signature": `v1,AAAA ${signature}` }), event);
});

const genuine = signEvent('{"text":"ulterior"}', "1", key);
const forgeries = [
  undefined,
  "ulterior",
  { Message: "ulterior" },
  { ...genuine, Message: '{"text":"motive"}' },
  signEvent('{"text":"ulterior"}', "1", randomKey()),
];

test("what anyone with a chat window could post is refused, and the log says why without repeating it", async () => {
  for (const from of [stranger, { id: "PROACTIVE-FUNCTION" }, {}, undefined] as ChannelAccount[]) {
    for (const forgery of forgeries) {
      log.mock.resetCalls();
      assert.equal(await admit(forgery, from), undefined);
      const [line, ...more] = logged();
      assert.match(line ?? "", /"level":"warn","event":"event refused"/);
      assert.doesNotMatch(line ?? "", /ulterior|motive|whsec/);
      assert.deepEqual(more, []);
    }
  }
});

test("what says it is the function's, but was signed with a secret that the bot does not know, is refused aloud", async () => {
  for (const forgery of forgeries) {
    await assert.rejects(
      admit(forgery, theFunction),
      (error) => error instanceof ForgedEventError && !/ulterior|motive|whsec/.test(error.message),
    );
  }
  assert.deepEqual(await admit(genuine, theFunction), genuine);
});

test("after a rotation that the function knows of first, its events are let in, and the old secret's no more", async () => {
  const old = randomKey();
  const webhook = rotatingSecret([old, key]);
  assert(await admit(signEvent("{}", "before", old), theFunction, webhook));
  assert.equal(webhook.renewals, 0);
  const first = signEvent("{}", "first", key);
  assert.deepEqual(await admit(first, theFunction, webhook), first);
  assert(await admit(signEvent("{}", "second", key), theFunction, webhook));
  assert.equal(webhook.renewals, 1);
  assert.equal(await admit(signEvent("{}", "leaked", old), stranger, webhook), undefined);
  await assert.rejects(admit(signEvent("{}", "late", old), theFunction, webhook), ForgedEventError);
});

test("after a rotation that the bot knows of first, the function hears of it, and its next try is let in", async () => {
  await assert.rejects(admit(signEvent("{}", "1", randomKey()), theFunction), ForgedEventError);
  assert(await admit(signEvent("{}", "1", key), theFunction));
});

test("a replay asks for no newer secret", async () => {
  const webhook = fixedSecret(key);
  for (let i = 0; i < 3; i++) await admit(genuine, stranger, webhook);
  assert.equal(webhook.renewals, 0);
});

test("where the vault is out of reach nothing is taken for forged, so that the function tries again", async () => {
  for (const from of [theFunction, stranger]) {
    await assert.rejects(admit(genuine, from, lostSecret()), VaultError);
    await assert.rejects(admit(genuine, from, lostSecret(randomKey())), VaultError);
    assert.deepEqual(await admit(genuine, from, lostSecret(key)), genuine);
  }
});
