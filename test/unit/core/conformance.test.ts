import assert from "node:assert/strict";
import { test } from "node:test";
import { InvalidMessageError } from "../../../core/message/invalid-message";
import { parseMessage } from "../../../core/message/queue-message";
import { conformance, entryOf } from "../helpers/conformance";

for (const one of conformance) {
  test(`${one.name}: ${one.description}`, () => {
    const { expected } = one;
    if ("accepted" in expected) return assert.deepEqual(parseMessage(entryOf(one)), expected.accepted);
    const { field, problem } = expected.refused;
    assert.throws(
      () => parseMessage(entryOf(one)),
      (error) => {
        assert.ok(error instanceof InvalidMessageError, String(error));
        assert.equal(error.field, field, error.message);
        for (const part of problem) assert.ok(error.problem.includes(part), error.message);
        return true;
      },
    );
  });
}
