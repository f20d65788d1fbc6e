import assert from "node:assert/strict";
import { test } from "node:test";
import { textTable } from "../../../cli/output/text";

test("columns are aligned, and control characters and bidi marks are replaced", () => {
  const rows = [
    ["ada", 1, new Date("2026-11-22T21:00:00Z")],
    ["b\u001b[2Jo\u202eb\n", undefined, undefined],
  ];
  assert.equal(
    textTable(["USER", "N", "TIME"], rows),
    "USER       N  TIME\nada        1  2026-11-22T21:00:00.000Z\nb\ufffd[2Jo\ufffdb\ufffd",
  );
});
