import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Readiness } from "../../../core/readiness";

beforeEach(() => mock.timers.enable({ apis: ["Date"], now: 1_000_000 }));
afterEach(() => mock.timers.reset());

test("it asks once in five seconds, however many knock", async () => {
  let asked = 0;
  const readiness = new Readiness([async () => void asked++], (error) => assert.fail(String(error)));
  assert.deepEqual(await Promise.all([readiness.ready(), readiness.ready(), readiness.ready()]), [true, true, true]);
  mock.timers.tick(4_000);
  await readiness.ready();
  assert.equal(asked, 1);
  mock.timers.tick(2_000);
  await readiness.ready();
  assert.equal(asked, 2);
});

test("what is out of reach is reported and makes it not ready, until it answers again", async () => {
  const problem = new Error("the queue is out of reach");
  const reported: unknown[] = [];
  let broken = true;
  const check = async () => {
    if (broken) throw problem;
  };
  const readiness = new Readiness([check], (error) => reported.push(error));
  assert.equal(await readiness.ready(), false);
  broken = false;
  assert.equal(await readiness.ready(), false, "still remembered");
  mock.timers.tick(6_000);
  assert.equal(await readiness.ready(), true);
  assert.deepEqual(reported, [problem]);
});
