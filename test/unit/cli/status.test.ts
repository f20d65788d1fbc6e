import assert from "node:assert/strict";
import { test } from "node:test";
import { hopsOf } from "../../../cli/commands/status";

test("a message's hops are in the order of their times, with the time between them", () => {
  const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 21, 0, second));
  const hops = hopsOf({
    id: "1",
    queuedAt: at(1),
    dequeuedAt: at(2),
    receivedAt: at(5),
    failedAt: at(6),
    deferredAt: at(3),
  });
  assert.deepEqual(
    hops.map(({ what, after }) => [what, after]),
    [
      ["put on the queue", undefined],
      ["dequeued by the function", 1000],
      ["deferred", 1000],
      ["received by the bot", 2000],
      ["failed", 1000],
    ],
  );
});
