import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Letter } from "../../../cli/letters";
import { post } from "../../../cli/posting";
import { DeliverySettledError } from "../../../core/tables/deliveries";

const letters = Array.from({ length: 100 }, (_, n) => ({ id: String(n) }) as Letter);
const never = new AbortController().signal;

test("sixteen at a time, and one that fails stops no other", async () => {
  let [now, most] = [0, 0];
  const put = async ({ id }: { id?: string | null }) => {
    most = Math.max(most, ++now);
    await sleep(1);
    now--;
    if (Number(id) % 10 === 0) throw new Error(`no ${id}`);
  };
  const shown: number[] = [];
  const posting = await post({ put }, letters, undefined, never, ({ sent }) => shown.push(sent.length));
  assert.equal(most, 16);
  assert.deepEqual([posting.sent.length, posting.failed.length, posting.left.length], [90, 10, 0]);
  assert.deepEqual(
    posting.failed.map(({ letter, reason }) => reason === `No ${letter.id}`),
    Array(10).fill(true),
  );
  assert.deepEqual([shown.length, shown.at(-1)], [100, 90]);
});

test("an interruption lets those end that are under way", async () => {
  const interruption = new AbortController();
  const put = () => sleep(1);
  const posting = await post({ put }, letters, undefined, interruption.signal, ({ sent }) => {
    if (sent.length === 20) interruption.abort();
  });
  assert.ok(posting.sent.length >= 20 && posting.sent.length < 40, String(posting.sent.length));
  assert.equal(posting.sent.length + posting.left.length, letters.length);
  assert.equal(letters.length, 100, "the list is the caller's");
});

test("what was cancelled meanwhile is no failure", async () => {
  const put = async ({ id }: { id: string }) => {
    if (Number(id) >= 90) throw new DeliverySettledError("cancelled");
  };
  const { sent, failed, cancelled } = await post({ put }, letters, undefined, never);
  assert.deepEqual([sent.length, failed.length, cancelled.length], [90, 0, 10]);
});
