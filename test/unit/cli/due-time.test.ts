import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDueTime } from "../../../cli/due-time";
import { UsageError } from "../../../cli/errors";

const now = new Date("2026-11-22T21:00:00Z");

function due(text: string): string {
  return parseDueTime(text, now).toISOString();
}

test("a time from now", () => {
  assert.equal(due("+20s"), "2026-11-22T21:00:20.000Z");
  assert.equal(due("+5m"), "2026-11-22T21:05:00.000Z");
  assert.equal(due("+2h"), "2026-11-22T23:00:00.000Z");
  assert.equal(due("+10d"), "2026-12-02T21:00:00.000Z");
});

test("an ISO time, with and without an offset", () => {
  assert.equal(due("2026-12-01T09:00Z"), "2026-12-01T09:00:00.000Z");
  assert.equal(due("2026-12-01t09:00:30.5z"), "2026-12-01T09:00:30.500Z");
  assert.equal(due("2026-12-01T09:00+01:00"), "2026-12-01T08:00:00.000Z");
  assert.equal(due("2026-12-01 09:00:00-05:30"), "2026-12-01T14:30:00.000Z");
  assert.equal(due("2028-02-29T09:00Z"), "2028-02-29T09:00:00.000Z");
  assert.equal(due("2026-12-01T09:00"), new Date(2026, 11, 1, 9).toISOString(), "this machine's time");
});

test("a time in the past is refused, and shown in UTC", () => {
  assert.throws(() => due("2026-11-22T20:59Z"), {
    name: "UsageError",
    message: /^--at is .*, which is in the past \(2026-11-22T20:59:00.000Z\)\. Give a later time\.$/,
  });
  assert.throws(() => due("+0s"), UsageError);
});

for (const text of [
  "",
  "tomorrow",
  "20s",
  "+20",
  "+1w",
  "+1.5h",
  "+999999999d",
  "+9999999d",
  "9999-12-31T23:59-12:00",
  "2026-12-01",
  "09:00",
  "2027-02-29T09:00Z",
]) {
  test(`"${text}" is not a time`, () => {
    assert.throws(() => due(text), {
      name: "UsageError",
      message: /^--at is ".*", which is not a time\. Use a form such as \+20s/,
    });
  });
}

test("impossible hours, minutes, months and offsets are not times", () => {
  for (const text of [
    "2026-12-01T25:00Z",
    "2026-12-01T09:60Z",
    "2026-13-01T09:00Z",
    "2026-00-10T09:00Z",
    "2026-12-01T09:00+99:00",
  ])
    assert.throws(() => due(text), UsageError, text);
});
