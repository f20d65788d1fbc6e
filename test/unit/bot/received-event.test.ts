import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { beforeEach, mock, test } from "node:test";
import type { ChannelAccount } from "botbuilder";
import { EventGate } from "../../../bot/proactive/event-gate";
import { ForgedEventError, functionUser, type SignedEvent, signEvent } from "../../../core/message/signed-event";
import { type Secret, VaultError } from "../../../core/vault-secret";
import { fixedSecret, lostSecret, rotatingSecret } from "../helpers/secrets";

const key = randomKey();
const minute = 60_000;
const log = mock.method(console, "log", () => undefined);
const theFunction = { id: functionUser } as ChannelAccount;
const stranger = { id: "dl_stranger" } as ChannelAccount;

/** The gate, with what tests of it say most often left out: who sends the event counts only when it is forged. */
class Gate {
  private readonly gate: EventGate;

  constructor(webhook: Secret = fixedSecret(key)) {
    this.gate = new EventGate(webhook);
  }

  admit(value: unknown, from = stranger, now?: number): Promise<SignedEvent | undefined> {
    return this.gate.admit({ value, from }, now);
  }

  release(event: SignedEvent): void {
    this.gate.release(event);
  }

  get remembered(): number {
    return (this.gate as unknown as { seen: Map<string, number> }).seen.size;
  }
}

beforeEach(() => log.mock.resetCalls());

function randomKey(): string {
  return `whsec_${randomBytes(32).toString("base64")}`;
}

function logged(): string[] {
  return log.mock.calls.map((call) => String((call.arguments as unknown[])[0]));
}

test("a signed event is let in once, whoever brings it", async () => {
  for (const from of [theFunction, stranger]) {
    const gate = new Gate();
    const event = signEvent('{"a":1}', "1", key);
    assert.deepEqual(await gate.admit(event, from), event);
    for (let i = 0; i < 3; i++) assert.equal(await gate.admit(structuredClone(event), from), undefined);
    assert.equal((await new Gate().admit(event, from))?.Message, '{"a":1}');
  }
});

test("of the same events that come together, one is let in", async () => {
  const event = signEvent("{}", "1", key);
  for (const webhook of [fixedSecret(key), rotatingSecret([randomKey(), key])]) {
    const gate = new Gate(webhook);
    const admitted = await Promise.all(Array.from({ length: 5 }, () => gate.admit(structuredClone(event))));
    assert.deepEqual(admitted.filter(Boolean), [event]);
  }
});

test("a replay is seen through other spellings of the same event", async () => {
  const gate = new Gate();
  const event = signEvent("{}", "1", key);
  assert(await gate.admit(event));
  const { "webhook-signature": signature, "webhook-timestamp": timestamp } = event;
  assert.equal(await gate.admit({ ...event, "webhook-signature": `${signature} v1,AAAA` }), undefined);
  assert.equal(await gate.admit({ ...event, "webhook-signature": `v1,AAAA ${signature}` }), undefined);
  assert.equal(await gate.admit({ ...event, "webhook-timestamp": `${timestamp}.5` }), undefined);
  assert.equal(await gate.admit({ ...event, "webhook-timestamp": `0${timestamp}` }), undefined);
});

test("the same message, signed again at another time, is another event", async () => {
  const gate = new Gate();
  const now = Date.now();
  for (const age of [0, 1_000, 2_000]) assert(await gate.admit(signEvent("{}", "1", key, new Date(now - age))));
});

test("an event that was not delivered is let in again", async () => {
  const gate = new Gate();
  const spelled = { ...signEvent("{}", "1", key) };
  spelled["webhook-signature"] += " v1,AAAA";
  const admitted = await gate.admit(spelled);
  assert(admitted);
  gate.release(admitted);
  assert(await gate.admit(spelled));
  assert.equal(await gate.admit(spelled), undefined);
});

test("it remembers for as long as a signature is good, and no longer", async () => {
  const gate = new Gate();
  const now = Date.now();
  const event = signEvent("{}", "1", key);
  assert(await gate.admit(event, stranger, now));
  assert.equal(await gate.admit(event, stranger, now + 9 * minute), undefined);
  for (let i = 0; i < 100; i++) await gate.admit(signEvent("{}", String(i), key), stranger, now + 5 * minute);
  await gate.admit(signEvent("{}", "last", key), stranger, now + 16 * minute);
  assert.equal(gate.remembered, 1, "memory does not grow");
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
  const gate = new Gate();
  for (const from of [stranger, { id: "PROACTIVE-FUNCTION" }, {}, undefined] as ChannelAccount[]) {
    for (const forgery of forgeries) {
      log.mock.resetCalls();
      assert.equal(await gate.admit(forgery, from), undefined);
      const [line, ...more] = logged();
      assert.match(line ?? "", /"level":"warn","event":"event refused"/);
      assert.doesNotMatch(line ?? "", /ulterior|motive|whsec/);
      assert.deepEqual(more, []);
    }
  }
});

test("what says it is the function's, but was signed with a secret that the bot does not know, is refused aloud", async () => {
  const gate = new Gate();
  for (const forgery of forgeries) {
    await assert.rejects(
      gate.admit(forgery, theFunction),
      (error) => error instanceof ForgedEventError && !/ulterior|motive|whsec/.test(error.message),
    );
  }
  assert.deepEqual(await gate.admit(genuine, theFunction), genuine, "and none of them was remembered");
});

test("after a rotation that the function knows of first, its events are let in, and the old secret's no more", async () => {
  const old = randomKey();
  const webhook = rotatingSecret([old, key]);
  const gate = new Gate(webhook);
  assert(await gate.admit(signEvent("{}", "before", old), theFunction));
  assert.equal(webhook.renewals, 0);
  const first = signEvent("{}", "first", key);
  assert.deepEqual(await gate.admit(first, theFunction), first);
  assert.equal(await gate.admit(first, theFunction), undefined, "it was seen before");
  assert(await gate.admit(signEvent("{}", "second", key), theFunction));
  assert.equal(webhook.renewals, 1);
  assert.equal(await gate.admit(signEvent("{}", "leaked", old)), undefined);
  await assert.rejects(gate.admit(signEvent("{}", "late", old), theFunction), ForgedEventError);
});

test("after a rotation that the bot knows of first, the function hears of it, and its next try is let in", async () => {
  const gate = new Gate();
  await assert.rejects(gate.admit(signEvent("{}", "1", randomKey()), theFunction), ForgedEventError);
  assert(await gate.admit(signEvent("{}", "1", key), theFunction));
});

test("a replay asks for no newer secret", async () => {
  const webhook = fixedSecret(key);
  const gate = new Gate(webhook);
  for (let i = 0; i < 3; i++) await gate.admit(genuine);
  assert.equal(webhook.renewals, 0);
});

test("where the vault is out of reach nothing is taken for forged, so that the function tries again", async () => {
  for (const from of [theFunction, stranger]) {
    await assert.rejects(new Gate(lostSecret()).admit(genuine, from), VaultError);
    await assert.rejects(new Gate(lostSecret(randomKey())).admit(genuine, from), VaultError);
    assert.deepEqual(await new Gate(lostSecret(key)).admit(genuine, from), genuine);
  }
});
