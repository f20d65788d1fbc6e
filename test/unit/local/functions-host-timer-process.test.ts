import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bundleHost, cleanUp, settings, TestHost, until, writeApp } from "../helpers/functions-host";

/** Says what it got, then waits for as long as TICK_WAIT says, in milliseconds. */
const ticking = `app.timer("tick", { schedule: "%CRON%", async handler(timer, context) {
  say(context, { timer, metadata: context.triggerMetadata ?? null });
  await sleep(Number(process.env.TICK_WAIT ?? 0));
  if (process.env.TICK_FAILS) throw new Error("asked to fail");
  say(context, "done");
} });`;

describe("the Functions host's timers, with a real clock", () => {
  let bundle: string;
  before(async () => {
    bundle = await bundleHost();
  });
  after(cleanUp);

  function start(env: Record<string, string> = {}): Promise<TestHost> {
    return new TestHost(bundle, writeApp(ticking), settings(undefined, { CRON: "*/1 * * * * *", ...env })).ready();
  }

  const runs = (host: TestHost) => host.said.filter((line) => line !== "done");

  it("run every second, and tell the function what the real host tells", async () => {
    const host = await start();
    await until("it has run three times", () => runs(host).length >= 3);
    assert.deepEqual(runs(host)[0], {
      timer: { schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false },
      metadata: null,
    });
    assert.match(host.lines.join("\n"), /^\[info\] {3}tick: timer '\*\/1 \* \* \* \* \*', next at \S+Z$/m);
    assert.equal((await host.stop()).code, 0);
  });

  it("go on after a failure, which is logged", async () => {
    const host = await start({ TICK_FAILS: "1" });
    await until("it has run twice", () => runs(host).length >= 2);
    assert.match(host.lines.join("\n"), /^\[error\] Executed 'Functions\.tick' \(Failed, .*\): asked to fail$/m);
    await host.stop();
  });

  it("are waited for by a stop", async () => {
    const host = await start({ TICK_WAIT: "700" });
    await until("it has begun", () => runs(host).length === 1);
    assert.equal((await host.stop()).code, 0);
    assert.deepEqual(host.said.at(-1), "done");
  });

  it("are named by a stop that cannot wait for them", async () => {
    const host = await start({ TICK_WAIT: "60000" });
    await until("it has begun", () => runs(host).length === 1);
    assert.equal((await host.stop()).code, 0);
    assert.match(host.lines.join("\n"), /Interrupted by the stop: the timer of Functions\.tick, due at \S+Z\./);
  });

  it("are refused where this host cannot do them", async () => {
    for (const cron of ["00:05:00", "0 0 9 ? * *"]) {
      const env = settings(undefined, { CRON: cron });
      const host = new TestHost(bundle, writeApp(ticking), env);
      assert.equal((await host.exited).code, 1);
      assert.match(host.lines.join("\n"), /^\[error\] schedule of function 'tick' is .+\.$/);
    }
  });
});
