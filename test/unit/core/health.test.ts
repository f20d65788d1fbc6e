import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, mock, test } from "node:test";
import { build } from "esbuild";
import { Readiness } from "../../../core/health";
import { projectRoot } from "../../../infra/deploy/package/cache";

afterEach(() => mock.timers.reset());

test("the liveness answer holds the version beside the bundle", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "core-health-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const outfile = join(folder, "health.js");
  const entryPoints = [join(projectRoot, "core/health.ts")];
  await build({ entryPoints, outfile, bundle: true, platform: "node", tsconfigRaw: {} });
  writeFileSync(join(folder, "version.txt"), "abc123\n");
  const { liveness } = require(outfile) as typeof import("../../../core/health");
  assert.deepEqual(liveness(), { status: 200, body: { status: "ok", version: "abc123" } });
});

test("readiness is checked once in five seconds, however many requests come", async () => {
  mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  let checks = 0;
  const readiness = new Readiness([async () => void checks++], (error) => assert.fail(String(error)));
  const ready = { status: 200, body: { status: "ready" } };
  const answers = await Promise.all([readiness.answer(), readiness.answer(), readiness.answer()]);
  assert.deepEqual(answers, [ready, ready, ready]);
  mock.timers.tick(4_000);
  await readiness.answer();
  assert.equal(checks, 1);
  mock.timers.tick(2_000);
  await readiness.answer();
  assert.equal(checks, 2);
});

test("a failed check is reported and makes the app not ready, until it succeeds again; the answer does not repeat it", async () => {
  mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const problem = new Error("the queue's secret");
  const reported: unknown[] = [];
  let broken = true;
  const check = async () => {
    if (broken) throw problem;
  };
  const readiness = new Readiness([check], (error) => reported.push(error));
  const notReady = { status: 503, body: { status: "not ready" } };
  assert.deepEqual(await readiness.answer(), notReady);
  broken = false;
  assert.deepEqual(await readiness.answer(), notReady, "the answer is kept for five seconds");
  mock.timers.tick(6_000);
  assert.deepEqual(await readiness.answer(), { status: 200, body: { status: "ready" } });
  assert.deepEqual(reported, [problem]);
});
