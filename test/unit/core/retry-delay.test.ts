import assert from "node:assert/strict";
import { test } from "node:test";
import { longestInvisibility, parseRetryAfter, retryDelay } from "../../../core/queue/retry-delay";

test("the delay doubles from two seconds to ten minutes, and up to a fifth is added", () => {
  const least = () => 0;
  const most = () => 0.999_999;
  assert.deepEqual(
    [0, 1, 2, 3, 8, 9, 100].map((attempt) => retryDelay(attempt, 0, least)),
    [2, 4, 8, 16, 512, 600, 600],
  );
  assert.deepEqual(
    [0, 9].map((attempt) => retryDelay(attempt, 0, most)),
    [3, 720],
  );
});

test("the delay is always whole seconds that a queue accepts", () => {
  const retryAfters = [0, 0.1, 30, 1e9, 99_999_999_999_999];
  for (const attempt of [0, 1, 50, 2_000, Number.MAX_SAFE_INTEGER]) {
    for (const retryAfter of retryAfters) {
      const delay = retryDelay(attempt, retryAfter);
      assert(
        Number.isInteger(delay) && delay >= 2 && delay <= longestInvisibility,
        `${attempt} ${retryAfter}: ${delay}`,
      );
    }
  }
});

test("the delay is at least as long as Retry-After", () => {
  assert.equal(retryDelay(0, 30), 30);
  assert.equal(retryDelay(0, 30.2), 31);
  assert(retryDelay(9, 30) >= 600, "but a message that failed often waits longer");
});

test("Retry-After is read as seconds or as a date", () => {
  const now = Date.parse("2030-01-01T00:00:00Z");
  assert.equal(parseRetryAfter("120", now), 120);
  assert.equal(parseRetryAfter(" 7 ", now), 7);
  assert.equal(parseRetryAfter("0", now), 0);
  assert.equal(parseRetryAfter("Tue, 01 Jan 2030 00:01:30 GMT", now), 90);
  assert.equal(parseRetryAfter("Mon, 31 Dec 2029 00:00:00 GMT", now), 0, "a date that has passed");
});

test("a Retry-After that is not valid counts as missing", () => {
  for (const header of [undefined, null, "", "-5", "soon", "NaN", "Infinity", "5, 5", "10 seconds", "1;2"]) {
    assert.equal(parseRetryAfter(header), 0, String(header));
  }
});
