import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mock, test } from "node:test";
import { EventGate } from "../../bot/event-gate";
import { signEvent } from "../../message";

const secret = `whsec_${randomBytes(32).toString("base64")}`;
const minute = 60_000;
const log = mock.method(console, "log", () => undefined);

test("a signed event is let in once", () => {
  const gate = new EventGate(secret);
  const event = signEvent('{"a":1}', "1", secret);
  assert.deepEqual(gate.admit(event), event);
  for (let i = 0; i < 3; i++) assert.equal(gate.admit(structuredClone(event)), undefined);
  assert.equal(new EventGate(secret).admit(event)?.Message, '{"a":1}');
});

test("a replay is seen through other spellings of the same event", () => {
  const gate = new EventGate(secret);
  const event = signEvent("{}", "1", secret);
  assert(gate.admit(event));
  const { "webhook-signature": signature, "webhook-timestamp": timestamp } = event;
  assert.equal(gate.admit({ ...event, "webhook-signature": `${signature} v1,AAAA` }), undefined);
  assert.equal(gate.admit({ ...event, "webhook-signature": `v1,AAAA ${signature}` }), undefined);
  assert.equal(gate.admit({ ...event, "webhook-timestamp": `${timestamp}.5` }), undefined);
  assert.equal(gate.admit({ ...event, "webhook-timestamp": `0${timestamp}` }), undefined);
});

test("the same message, signed again at another time, is another event", () => {
  const gate = new EventGate(secret);
  const now = Date.now();
  for (const age of [0, 1_000, 2_000]) assert(gate.admit(signEvent("{}", "1", secret, new Date(now - age))));
});

test("an event that was not delivered is let in again", () => {
  const gate = new EventGate(secret);
  const spelled = { ...signEvent("{}", "1", secret) };
  spelled["webhook-signature"] += " v1,AAAA";
  const admitted = gate.admit(spelled);
  assert(admitted);
  gate.release(admitted);
  assert(gate.admit(spelled));
  assert.equal(gate.admit(spelled), undefined);
});

test("it remembers for as long as a signature is good, and no longer", () => {
  const gate = new EventGate(secret);
  const now = Date.now();
  const event = signEvent("{}", "1", secret);
  assert(gate.admit(event, now));
  assert.equal(gate.admit(event, now + 9 * minute), undefined);
  for (let i = 0; i < 100; i++) gate.admit(signEvent("{}", String(i), secret), now + 5 * minute);
  gate.admit(signEvent("{}", "last", secret), now + 16 * minute);
  assert.equal((gate as unknown as { seen: Map<string, number> }).seen.size, 1, "memory does not grow");
});

test("what anyone with a chat window could post is refused, and the log says why without repeating it", () => {
  const gate = new EventGate(secret);
  const event = signEvent('{"text":"ulterior"}', "1", secret);
  const forgeries = [undefined, "ulterior", { Message: "ulterior" }, { ...event, Message: '{"text":"motive"}' }];
  for (const forgery of forgeries) {
    log.mock.resetCalls();
    assert.equal(gate.admit(forgery), undefined);
    const [line] = log.mock.calls.map((call) => String((call.arguments as unknown[])[0]));
    assert.match(line ?? "", /"level":"warn","event":"event refused"/);
    assert.doesNotMatch(line ?? "", /ulterior|motive|whsec/);
  }
});
