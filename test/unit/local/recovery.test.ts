import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Recovery } from "../../../local/app-service/recovery";

let recovery: Recovery;
let revived: number;
beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout"] });
  revived = 0;
  recovery = new Recovery(() => {
    revived++;
  });
});

/** Seconds until a crash is healed. */
function pause(lived = 0): number {
  const before = revived;
  recovery.scheduleRestart(lived);
  for (let seconds = 1; seconds <= 100; seconds++) {
    mock.timers.tick(1_000);
    if (revived > before) return seconds;
  }
  return Number.NaN;
}

test("the pause grows with each crash, up to half a minute", () => {
  assert.deepEqual([pause(), pause(), pause(), pause(), pause(), pause(), pause()], [1, 2, 4, 8, 16, 30, 30]);
});

test("after a minute's life the next pause is the shortest again", () => {
  assert.deepEqual([pause(), pause(59_000), pause(60_000), pause()], [1, 2, 1, 2]);
});

test("what is forgotten is not started, and counts for nothing", () => {
  pause();
  recovery.scheduleRestart(0);
  recovery.cancel();
  mock.timers.tick(60_000);
  assert.equal(revived, 1);
  assert.equal(pause(), 1);
});
