import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { Webhook } from "standardwebhooks";
import { ForgedEventError, openEvent, type SignedEvent, signEvent } from "../../../core/message/signed-event";

const secret = `whsec_${randomBytes(32).toString("base64")}`;
const minute = 60_000;

function ago(milliseconds: number): Date {
  return new Date(Date.now() - milliseconds);
}

test("a signed event is verified, with exactly its text", () => {
  for (const json of ["{}", '{"text":"漢😀\\u0000"}', ' {"a": 1e0}\r\n', "not even JSON"]) {
    const event = signEvent(json, "1", secret);
    assert.deepEqual(openEvent(JSON.parse(JSON.stringify(event)), secret), event);
    assert.equal(event.Message, json);
  }
});

test("the signature is the one of the Standard Webhooks specification", () => {
  const event = signEvent('{"a":1}', "msg_1", secret);
  assert.deepEqual(new Webhook(secret).verify('{"a":1}', event), { a: 1 });
  assert.match(event["webhook-signature"], /^v1,[A-Za-z0-9+/]{43}=$/);
  assert.match(event["webhook-timestamp"], /^\d{10}$/);
});

test("an event with any change is refused", () => {
  const event = signEvent('{"text":"a"}', "1", secret);
  const changes: Partial<SignedEvent>[] = [
    { Message: '{"text":"b"}' },
    { Message: '{"text":"a"} ' },
    { "webhook-id": "2" },
    { "webhook-timestamp": String(Number(event["webhook-timestamp"]) + 1) },
    { "webhook-signature": "v1,AAAA" },
    { "webhook-signature": event["webhook-signature"].replace("v1", "v2") },
    { "webhook-signature": "v1" },
    { "webhook-signature": "" },
    { "webhook-timestamp": "now" },
  ];
  for (const change of changes) assert.throws(() => openEvent({ ...event, ...change }, secret), ForgedEventError);
  assert.throws(() => openEvent(event, `whsec_${randomBytes(32).toString("base64")}`), ForgedEventError);
});

test("a value that is no signed event is refused without a crash", () => {
  const event = signEvent("{}", "1", secret);
  const { Message, ...unsigned } = event;
  const values = [
    undefined,
    null,
    "",
    5,
    [],
    {},
    Message,
    { Message },
    unsigned,
    { ...event, Message: {} },
    { ...event, "webhook-id": 1 },
  ];
  for (const value of values) assert.throws(() => openEvent(value, secret), ForgedEventError, JSON.stringify(value));
  const inherited = Object.assign(JSON.parse('{"__proto__":{"Message":"{}"}}'), unsigned);
  assert.throws(() => openEvent(inherited, secret), ForgedEventError);
});

test("an event is valid for five minutes before and after its time", () => {
  for (const age of [-4 * minute, 0, 4 * minute]) openEvent(signEvent("{}", "1", secret, ago(age)), secret);
  for (const age of [-6 * minute, 6 * minute, 24 * 60 * minute]) {
    assert.throws(() => openEvent(signEvent("{}", "1", secret, ago(age)), secret), ForgedEventError);
  }
});

test("a verified event has its fields in one spelling, so that a replay is recognised", () => {
  const event = signEvent("{}", "1", secret);
  const { "webhook-signature": signature, "webhook-timestamp": timestamp } = event;
  const spellings: Partial<SignedEvent>[] = [
    { "webhook-signature": `${signature} v1,AAAA` },
    { "webhook-signature": `v1a,AAAA ${signature}` },
    { "webhook-signature": `${signature},more` },
    { "webhook-timestamp": `0${timestamp}` },
    { "webhook-timestamp": ` ${timestamp}` },
    { "webhook-timestamp": `${timestamp}.9` },
  ];
  for (const spelling of spellings) assert.deepEqual(openEvent({ ...event, ...spelling }, secret), event);
});

test("an error repeats neither the secret nor the event", () => {
  const event = { ...signEvent("ulterior", "1", secret), "webhook-signature": "v1,motive" };
  assert.throws(
    () => openEvent(event, secret),
    (error: Error) => !/ulterior|motive|whsec_/.test(error.message),
  );
});
