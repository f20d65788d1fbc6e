import assert from "node:assert/strict";
import { test } from "node:test";
import { SendRate } from "../../function/send-rate";

/** How many messages the function has in hand at a time: `function/host.json`. */
const slots = 24;

/** What the forwarder says. */
const patience = { usual: 2_000, broadcast: 200 };

interface Message {
  id: number;
  isBroadcast: boolean;
  isCopy: boolean;
  /** When the queue shows it: whole seconds after it was hidden. */
  visible: number;
}

/**
 * One instance of the function with a queue, on a clock of its own: looks every 10 ms, forwards without delay.
 * Resolves to when each message left; milliseconds.
 */
function run(perSecond: number, queue: Message[]): Map<number, number> {
  const rate = new SendRate(perSecond);
  const left = new Map<number, number>();
  let inHand: number[] = []; // when each slot is free again
  for (let now = 0; queue.length; now += 10) {
    inHand = inHand.filter((until) => until > now);
    const ready = queue.filter(({ visible }) => visible <= now).slice(0, slots - inHand.length);
    queue = queue.filter((message) => !ready.includes(message));
    for (const message of ready) {
      const turn = rate.ask(message.isBroadcast && !message.isCopy ? patience.broadcast : patience.usual, now);
      if ("wait" in turn) {
        left.set(message.id, now + turn.wait);
        inHand.push(now + turn.wait);
      } else {
        const seconds = Math.max(Math.floor((turn.comeBackAt.getTime() - now) / 1000), 1);
        queue.push({ ...message, isCopy: true, visible: now + seconds * 1000 });
        inHand.push(now + 20);
      }
    }
  }
  return left;
}

function crowd(count: number): Message[] {
  return Array.from({ length: count }, (_, id) => ({ id, isBroadcast: true, isCopy: false, visible: 0 }));
}

/** The most that left within a second. */
function most(times: Iterable<number>): number {
  const sorted = [...times].sort((a, b) => a - b);
  return Math.max(
    ...sorted
      .map((start, i) => sorted.slice(i).findIndex((time) => time >= start + 1000 - 1e-6))
      .map((n, i) => (n < 0 ? sorted.length - i : n)),
  );
}

for (const perSecond of [1, 5, 40, 1000]) {
  test(`of a broadcast ${perSecond} leave within any second, and hardly fewer`, () => {
    const count = Math.min(perSecond * 20, 2_000);
    const left = run(perSecond, crowd(count));
    assert.equal(left.size, count, "each left, once");
    assert.ok(most(left.values()) <= perSecond, `${most(left.values())} left within a second`);
    const seconds = Math.max(...left.values()) / 1000;
    assert.ok(seconds <= (count / perSecond) * 1.2 + 5, `it took ${seconds} s`);
  });
}

test("whoever comes in the middle of a broadcast is not behind all of it", () => {
  const late = { id: -1, isBroadcast: false, isCopy: false, visible: 20_000 };
  const left = run(40, [...crowd(2_000), late]);
  const waited = (left.get(-1) ?? Infinity) - late.visible;
  assert.ok(waited <= 2_000, `it waited ${waited} ms`);
  assert.ok([...left.values()].filter((time) => time > 25_000).length > 500, "the broadcast was not over");
});

test("a single message waits for nothing", () => {
  const rate = new SendRate(0.5);
  assert.deepEqual(rate.ask(0, 1_000), { wait: 0 });
  assert.deepEqual(rate.ask(2_000, 1_500), { wait: 1_500 });
  assert.deepEqual(rate.ask(0, 1_600), { comeBackAt: new Date(5_000 + 2_200) });
  assert.deepEqual(rate.ask(0, 100_000), { wait: 0 });
});
