import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it, mock } from "node:test";
import { AppSettings } from "../../../local/functions-host/app-settings";
import { readTriggers } from "../../../local/functions-host/bindings";
import type { RegisteredFunction } from "../../../local/functions-host/functions-core";
import type { Invocation } from "../../../local/functions-host/invocation";
import { HostLog } from "../../../local/functions-host/log";
import { RunningJobs } from "../../../local/functions-host/running-jobs";
import { hostIdOf, type ScheduleMonitor } from "../../../local/functions-host/schedule-monitor";
import { type ScheduleStatus, statusFromJson, statusToJson } from "../../../local/functions-host/schedule-status";
import { TimerListener } from "../../../local/functions-host/timer-listener";
import { TimerSchedule } from "../../../local/functions-host/timer-schedule";

const parse = (text: string) => TimerSchedule.parse(text, "the schedule");

describe("the schedule of a timer trigger", () => {
  for (const [schedule, after, expected] of [
    ["*/5 * * * * *", "2026-01-01T00:00:04.999Z", "2026-01-01T00:00:05Z"],
    ["*/5 * * * * *", "2026-01-01T00:00:05Z", "2026-01-01T00:00:10Z"],
    ["*/5 * * * *", "2026-01-01T00:01:00Z", "2026-01-01T00:05:00Z"],
    ["0 5/15 * * * *", "2026-01-01T00:50:00Z", "2026-01-01T01:05:00Z"],
    ["0 0 9 * * 1-5", "2026-11-20T09:00:00Z", "2026-11-23T09:00:00Z"],
    ["0 0 9 * jan-MAR mon,Tue", "2026-04-01T00:00:00Z", "2027-01-04T09:00:00Z"],
    ["0 0 9 * April-Dec Wednes,F", "2026-01-01T00:00:00Z", "2026-04-01T09:00:00Z"],
    ["0 0 9 * dece Sunday", "2026-01-01T00:00:00Z", "2026-12-06T09:00:00Z"],
    ["0 0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-02-13T00:00:00Z"], // a Friday and a thirteenth: both
    ["0 0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"],
    ["0 0 0 31 * *", "2026-04-01T00:00:00Z", "2026-05-31T00:00:00Z"],
    ["0 30 2 29 3 *", "2026-01-01T00:00:00Z", "2026-03-29T02:30:00Z"], // no such hour in Berlin on that day
  ] as const) {
    it(`is '${schedule}': after ${after} comes ${expected}`, () =>
      assert.equal(parse(schedule).next(new Date(after)).getTime(), Date.parse(expected)));
  }

  for (const [schedule, problem] of [
    ["00:05:00", /the schedule is the time span '00:05:00'\. This host supports only NCRONTAB expressions\.$/],
    ["1.00:00:00", /time span/],
    ["* * * *", /must have six fields/],
    ["* * * * * * *", /must have six fields/],
    ["@daily", /must have six fields/],
    ["0 0 9 ? * *", /its day must be/],
    ["0 0 9 L * *", /its day must be/],
    ["0 0 9 15W * *", /its day must be/],
    ["0 0 9 * * 1#2", /its day of the week must be/],
    ["0 0 9 * * 7", /its day of the week must be/],
    ["0 */90 * * * *", /its minute must be/],
    ["0 0 0 30 2 *", /must name a day that one of its months has/],
  ] as const) {
    it(`is not '${schedule}'`, () => assert.throws(() => parse(schedule), { name: "StartupError", message: problem }));
  }

  it("is not monitored where it is due several times in every minute", () => {
    for (const schedule of ["* * * * * *", "*/5 * * * * *", "0,30 */1 * * * *"]) assert.ok(parse(schedule).isSubMinute);
    for (const schedule of ["0 * * * * *", "* * * * *", "*/5 0-58 * * * *", "* * 9 * * *", "*/5 * * * * 1-5"]) {
      assert.ok(!parse(schedule).isSubMinute, schedule);
    }
  });
});

describe("what is remembered of a timer", () => {
  const status = { last: new Date("0001-01-01T00:00:00Z"), next: new Date(1_500), lastUpdated: new Date(2_000) };
  const json = {
    Last: "0001-01-01T00:00:00+00:00",
    Next: "1970-01-01T00:00:01.500+00:00",
    LastUpdated: "1970-01-01T00:00:02+00:00",
  };

  it("is written as .NET writes it", () => assert.deepEqual(statusToJson(status), json));

  it("is read as .NET writes it", () => {
    assert.deepEqual(statusFromJson(JSON.stringify(json)), status);
    const real = `{"Last":"2024-04-03T20:48:28.1075034+00:00","Next":"2024-04-04T01:00:00Z","LastUpdated":"0001-01-01T00:00:00"}`;
    assert.deepEqual(statusFromJson(real), {
      last: new Date("2024-04-03T20:48:28.107Z"),
      next: new Date("2024-04-04T01:00:00Z"),
      lastUpdated: new Date("0001-01-01T00:00:00Z"),
    });
    assert.throws(() => statusFromJson("{}"));
  });

  it("is kept under the site's name, as the real host shortens it", () => {
    assert.equal(hostIdOf("TEST-FUNCTIONS--"), "test-functions");
    assert.equal(hostIdOf("TEST-FUNCTIONS-XXXXXXXXXXXXXXXX-XXXX"), "test-functions-xxxxxxxxxxxxxxxx");
  });
});

describe("the binding of a timer trigger", () => {
  const environment = {
    AzureWebJobsStorage__blobServiceUri: "https://example.com/account",
    AzureWebJobsStorage__credential: "managedidentity",
    IDENTITY_ENDPOINT: "http://127.0.0.1/",
    IDENTITY_HEADER: "secret",
    CRON: "0 0 9 * * *",
  };
  const read = (trigger: object, more: Record<string, string> = {}) =>
    readTriggers([functionWith(trigger)], new AppSettings({ ...environment, ...more }), "").timers;

  it("has the real host's defaults, and its schedule may be a setting", () => {
    const [timer] = read({ schedule: "%CRON%" });
    assert.equal(timer?.schedule.expression, environment.CRON);
    assert.deepEqual([timer?.runOnStartup, timer?.timer], [false, "Host.Functions.tick"]);
    assert.equal(timer?.monitor?.serviceUri, environment.AzureWebJobsStorage__blobServiceUri);
  });

  it("is not monitored when it says so, or is due too often", () => {
    assert.equal(read({ schedule: "%CRON%", useMonitor: false })[0]?.monitor, undefined);
    assert.equal(read({ schedule: "%CRON%", useMonitor: false, runOnStartup: true })[0]?.runOnStartup, true);
    assert.equal(read({ schedule: "*/5 * * * * *" })[0]?.monitor, undefined);
  });

  it("is switched off by its setting", () =>
    assert.deepEqual(read({ schedule: "%CRON%" }, { "AzureWebJobs.tick.Disabled": "true" }), []));

  it("is refused by name where this host cannot do it", () => {
    assert.throws(
      () => read({ schedule: "%CRON%", every: 5 }),
      /Function 'tick', timerTrigger: 'every' is not supported/,
    );
    assert.throws(
      () => read({ schedule: "%NONE%" }),
      /schedule of function 'tick' is '%NONE%'.*app setting 'NONE' is missing/,
    );
    assert.throws(
      () => read({ schedule: "%CRON%" }, { CRON: "00:05:00" }),
      /schedule of function 'tick' is the time span/,
    );
    assert.throws(
      () => read({ schedule: "%CRON%" }, { WEBSITE_TIME_ZONE: "Europe/Berlin" }),
      /WEBSITE_TIME_ZONE is 'Europe\/Berlin'.*use UTC/,
    );
    const { AzureWebJobsStorage__blobServiceUri, ...without } = environment;
    assert.throws(
      () => readTriggers([functionWith({ schedule: "%CRON%" })], new AppSettings(without), ""),
      /'AzureWebJobsStorage__blobServiceUri' is missing/,
    );
  });
});

function functionWith(trigger: object): RegisteredFunction {
  const binding = { name: "timer", type: "timerTrigger", direction: "in" as const, ...trigger };
  return { metadata: { name: "tick", bindings: { timer: binding } }, callback: () => {} };
}

describe("the timer trigger", () => {
  const start = Date.parse("2026-11-23T08:59:00Z");
  let listeners: TimerListener[];
  let blob: ScheduleStatus | undefined;
  let unreachable: Error | undefined;
  let calls: { at: string; timer: Record<string, unknown> }[];
  let lines: string[];
  let running: RunningJobs;
  /** What the function does. */
  let work: () => Promise<unknown>;

  const monitor: ScheduleMonitor = {
    read: async () => {
      if (unreachable) throw unreachable;
      return blob && { ...blob };
    },
    write: async (_timer, status) => {
      if (unreachable) throw unreachable;
      blob = status;
    },
  };

  beforeEach(() => {
    [listeners, calls, lines, blob, unreachable] = [[], [], [], undefined, undefined];
    work = async () => undefined;
    running = new RunningJobs();
    mock.timers.enable({ apis: ["Date", "setTimeout"], now: start });
  });
  afterEach(async () => {
    for (const listener of listeners) await listener.stop();
    mock.timers.reset();
  });

  /** Starts the host anew. */
  async function listen(schedule: string, { isMonitored = true, runOnStartup = false } = {}): Promise<TimerListener> {
    const invoke = async ({ inputData: [input] }: Invocation) => {
      calls.push({ at: new Date().toISOString(), timer: JSON.parse(input?.data.json ?? "") });
      await work();
      return {};
    };
    const listener = new TimerListener({
      function: {
        function: functionWith({}),
        binding: "timer",
        timer: "tick",
        schedule: parse(schedule),
        runOnStartup,
      },
      monitor: isMonitored ? monitor : undefined,
      invoker: { invoke },
      log: new HostLog({ default: "debug" }, (line) => lines.push(line)).of("Host.Triggers.Timer"),
      running,
    });
    listeners.push(listener);
    listener.start();
    await settle();
    return listener;
  }

  /** Lets time pass. */
  async function pass(milliseconds: number): Promise<void> {
    mock.timers.tick(milliseconds);
    await settle();
  }

  /** Goes to a time at once, as over a night without this host. */
  function jump(time: string): void {
    mock.timers.setTime(Date.parse(time));
  }

  const times = () => calls.map(({ at }) => at);
  const due = () => calls.map(({ timer }) => (timer.ScheduleStatus as Record<string, string> | null)?.Next);

  it("runs when it is due, each time for the time that is due", async () => {
    await listen("0 */5 * * * *");
    await pass(59_999);
    assert.equal(calls.length, 0);
    await pass(1);
    await pass(300_000);
    assert.deepEqual(times(), ["2026-11-23T09:00:00.000Z", "2026-11-23T09:05:00.000Z"]);
    assert.deepEqual(due(), ["2026-11-23T09:00:00+00:00", "2026-11-23T09:05:00+00:00"]);
    assert.deepEqual(calls[1]?.timer, {
      Schedule: { AdjustForDST: true },
      ScheduleStatus: {
        Last: "2026-11-23T09:00:00+00:00",
        Next: "2026-11-23T09:05:00+00:00",
        LastUpdated: "2026-11-23T09:00:00+00:00",
      },
      IsPastDue: false,
    });
  });

  it("says nothing of its status where it is not monitored, and starts afresh", async () => {
    const listener = await listen("0 0 9 * * *", { isMonitored: false });
    await pass(60_000);
    assert.deepEqual([times(), due()], [["2026-11-23T09:00:00.000Z"], [undefined]]);
    await listener.stop();
    jump("2026-11-24T10:00:00Z");
    await listen("0 0 9 * * *", { isMonitored: false });
    assert.equal(calls.length, 1);
  });

  it("makes up once for what it missed, at once and for the first time that was missed", async () => {
    const listener = await listen("0 0 9 * * *");
    await pass(60_000);
    await listener.stop();
    jump("2026-11-27T12:00:00Z");
    await listen("0 0 9 * * *");
    assert.deepEqual(times().slice(1), ["2026-11-27T12:00:00.000Z"]);
    assert.deepEqual([due()[1], calls[1]?.timer.IsPastDue], ["2026-11-24T09:00:00+00:00", true]);
    assert.match(lines.join("\n"), /past due on startup: it was due at 2026-11-24T09:00:00/);
    await pass(21 * 3_600_000);
    assert.deepEqual([due()[2], calls[2]?.timer.IsPastDue], ["2026-11-28T09:00:00+00:00", false]);
  });

  it("knows of a new timer from its first start on", async () => {
    const listener = await listen("0 0 9 * * *");
    await listener.stop();
    jump("2026-11-23T09:00:01Z");
    await listen("0 0 9 * * *");
    assert.deepEqual(due(), ["2026-11-23T09:00:00+00:00"]);
  });

  it("runs again for the same time where its host ended in the middle", async () => {
    work = () => new Promise(() => {});
    const listener = await listen("0 0 9 * * *");
    await pass(60_000);
    assert.equal(running.size, 1);
    await listener.stop();
    work = async () => undefined;
    await pass(5_000);
    await listen("0 0 9 * * *");
    await listen("0 0 9 * * *");
    assert.deepEqual(due(), ["2026-11-23T09:00:00+00:00", "2026-11-23T09:00:00+00:00"]);
    assert.deepEqual(
      calls.map(({ timer }) => timer.IsPastDue),
      [false, true],
    );
  });

  it("counts another schedule from when it is first seen", async () => {
    const listener = await listen("0 0 9 * * *");
    await pass(60_000);
    await listener.stop();
    jump("2026-11-23T12:00:00Z");
    await listen("0 30 11 * * *");
    assert.equal(calls.length, 1, "it was not there at half past eleven");
    assert.equal(blob?.next.toISOString(), "2026-11-24T11:30:00.000Z");
  });

  it("never overlaps itself: what fell due meanwhile runs once, right after", async () => {
    let end = () => {};
    work = () =>
      new Promise<void>((resolve) => {
        end = resolve;
      });
    await listen("0 * * * * *");
    await pass(60_000);
    await pass(210_000);
    assert.deepEqual(times(), ["2026-11-23T09:00:00.000Z"]);
    end();
    await settle();
    assert.deepEqual([times()[1], due()[1]], ["2026-11-23T09:03:30.000Z", "2026-11-23T09:01:00+00:00"]);
    end();
    await settle();
    await pass(30_000);
    assert.deepEqual([times()[2], due()[2]], ["2026-11-23T09:04:00.000Z", "2026-11-23T09:04:00+00:00"]);
  });

  it("goes on after a failure, and when its status cannot be written", async () => {
    work = async () => {
      throw new Error("asked to fail");
    };
    await listen("0 * * * * *");
    await pass(60_000);
    unreachable = Object.assign(new Error("no"), { statusCode: 403, code: "AuthorizationPermissionMismatch" });
    await pass(60_000);
    await pass(60_000);
    assert.equal(calls.length, 3);
    assert.match(lines.join("\n"), /\[error\] Function 'tick' failed to update its schedule status: Authorization/);
  });

  it("does not start while its status cannot be read, says so, and starts then", async () => {
    unreachable = Object.assign(new Error("no"), { statusCode: 403, code: "AuthorizationPermissionMismatch" });
    await listen("0 * * * * *");
    for (let i = 0; i < 20; i++) await pass(10_000);
    assert.deepEqual(calls, []);
    assert.match(lines.join("\n"), /Cannot read the schedule status of function 'tick': Authorization.*no role/);
    unreachable = undefined;
    await pass(10_000);
    await pass(60_000);
    assert.equal(calls.length, 1);
    assert.match(lines.join("\n"), /can read the schedule status of function 'tick' again/);
  });

  it("runs at the start when told to", async () => {
    await listen("0 0 9 * * *", { runOnStartup: true });
    assert.deepEqual(times(), ["2026-11-23T08:59:00.000Z"]);
    assert.equal(calls[0]?.timer.IsPastDue, false);
    await pass(60_000);
    assert.deepEqual(due(), ["2026-11-23T09:00:00+00:00", "2026-11-23T09:00:00+00:00"]);
  });

  it("waits longer than one of node's timers can", async () => {
    await listen("0 0 0 1 3 *");
    const day = 24 * 3_600_000;
    for (let i = 0; i < 4; i++) await pass(24 * day);
    assert.deepEqual(calls, []);
    await pass(4 * day);
    assert.deepEqual(due(), ["2027-03-01T00:00:00+00:00"]);
  });

  it("begins nothing after a stop", async () => {
    const listener = await listen("0 * * * * *");
    await listener.stop();
    await pass(180_000);
    assert.deepEqual([calls, running.size], [[], 0]);
  });
});

/** Until everything that can go on has gone on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
}
