import assert from "node:assert/strict";
import { test } from "node:test";
import { Batch } from "../../../core/queue/outbox";
import { SendRate } from "../../../function/forward/send-rate";

/** How many messages the function has in hand at a time: `function/host.json`. */
const slots = 24;

/** As in the forwarder. */
const maxWait = 2_000;

interface Message {
  id: number;
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
      const turn = rate.reserve(maxWait, now);
      if ("wait" in turn) {
        left.set(message.id, now + turn.wait);
        inHand.push(now + turn.wait);
      } else {
        const seconds = Math.max(Math.floor(turn.comeBackIn / 1000), 1);
        queue.push({ ...message, visible: now + seconds * 1000 });
        inHand.push(now + 20);
      }
    }
  }
  return left;
}

/** All on the queue at once, as another program may put them there. */
function crowd(count: number): Message[] {
  return Array.from({ length: count }, (_, id) => ({ id, visible: 0 }));
}

/** As the tool and schedules put them there. */
function broadcast(count: number, perSecond: number): Message[] {
  const batch = new Batch("b", perSecond, new Date(0));
  return crowd(count).map(({ id }) => ({ id, visible: Math.floor(batch.nextTime().getTime() / 1000) * 1000 }));
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
  test(`at most ${perSecond} messages leave within any second, and hardly fewer`, () => {
    const count = Math.min(perSecond * 20, 2_000);
    for (const queue of [crowd(count), broadcast(count, perSecond)]) {
      const left = run(perSecond, queue);
      assert.equal(left.size, count, "each left, once");
      assert.ok(most(left.values()) <= perSecond, `${most(left.values())} left within a second`);
      const seconds = Math.max(...left.values()) / 1000;
      assert.ok(seconds <= (count / perSecond) * 1.2 + 5, `it took ${seconds} s`);
    }
  });
}

test("a message that comes during a broadcast does not wait behind all of it", () => {
  const late = { id: -1, visible: 20_500 };
  const left = run(40, [...broadcast(2_000, 40), late]);
  const waited = (left.get(-1) ?? Infinity) - late.visible;
  assert.ok(waited <= 2_000, `it waited ${waited} ms`);
  assert.ok([...left.values()].filter((time) => time > 25_000).length > 500, "the broadcast was not over");
});

test("a single message does not wait", () => {
  const rate = new SendRate(0.5);
  assert.deepEqual(rate.reserve(0, 1_000), { wait: 0 });
  assert.deepEqual(rate.reserve(2_000, 1_500), { wait: 1_500 });
  assert.deepEqual(rate.reserve(0, 1_600), { comeBackIn: 5_000 + 2_200 - 1_600 });
  assert.deepEqual(rate.reserve(0, 100_000), { wait: 0 });
});

test("messages that are late for their turns, because the process was stopped, do not leave together", () => {
  const rate = new SendRate(40);
  for (let n = 0; n < 24; n++) rate.reserve(maxWait, 0);
  const left: number[] = [];
  for (let waiting = Array(24).fill(5_000), now = 5_000; waiting.length; now++) {
    waiting = waiting.flatMap((wakes: number) => {
      if (wakes > now) return [wakes];
      const rest = rate.depart(now);
      if (rest > 0) return [now + rest];
      left.push(now);
      return [];
    });
  }
  assert.equal(left.length, 24);
  for (const [n, time] of left.entries()) assert.ok(n === 0 || time - (left[n - 1] ?? 0) >= 25, `${left}`);
  const [next] = [rate.reserve(maxWait, left.at(-1))];
  assert.deepEqual(next, { wait: 25 });
});
