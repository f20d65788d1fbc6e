import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { AppSettings } from "../../../local/functions-host/app-settings";
import { PollingBackoff } from "../../../local/functions-host/backoff";
import { isBundleRange } from "../../../local/functions-host/bundle-range";
import { parseHostSettings } from "../../../local/functions-host/host-settings";
import { compareRoutes, matchRoute, parseRoute } from "../../../local/functions-host/http-route";
import { HostLog, type LogFilter, type LogLevel } from "../../../local/functions-host/log";
import { decodeBody } from "../../../local/functions-host/message-body";
import { resolveQueueConnection } from "../../../local/functions-host/queue-connection";
import { RunningJobs } from "../../../local/functions-host/running-jobs";
import { describeStorageProblem, OutageLog } from "../../../local/functions-host/storage-problem";
import { parseTimeSpan } from "../../../local/functions-host/time-span";
import { queueTriggerMetadata } from "../../../local/functions-host/trigger-data";

const bundle = { id: "Microsoft.Azure.Functions.ExtensionBundle", version: "[4.*, 5.0.0)" };

describe("time spans of host.json", () => {
  for (const [text, milliseconds] of [
    ["00:00:02", 2_000],
    ["00:01", 60_000],
    ["1.00:00:00", 86_400_000],
    ["00:00:00.1", 100],
    ["00:00:00.1234567", 123],
    ["24:00:00", undefined],
    ["00:60:00", undefined],
    ["2", undefined],
    ["-00:00:01", undefined],
    ["soon", undefined],
  ] as const) {
    it(`reads ${text} as ${milliseconds}`, () => assert.equal(parseTimeSpan(text), milliseconds));
  }
});

describe("bundle version ranges", () => {
  for (const good of ["[4.*, 5.0.0)", "[4.0.0,5.0.0)", "[3.3.0, 4.0.0)", "[4.0.0]", "4.0.0", "[4.*, )", "(,5.0.0]"]) {
    it(`accepts ${good}`, () => assert.ok(isBundleRange(good)));
  }
  for (const bad of ["", "latest", "[4.*", "[5.0.0, 4.0.0)", "[4.0.0, 4.0.0)", "(,)", "^4.0.0"]) {
    it(`rejects '${bad}'`, () => assert.ok(!isBundleRange(bad)));
  }
});

describe("host.json", () => {
  const parse = (more: object) =>
    parseHostSettings(JSON.stringify({ version: "2.0", extensionBundle: bundle, ...more }));

  it("has the real host's defaults", () => {
    assert.deepEqual(parse({}).extensions, {
      http: { routePrefix: "api" },
      queues: {
        batchSize: 16,
        newBatchThreshold: 8,
        maxPollingInterval: 60_000,
        visibilityTimeout: 0,
        maxDequeueCount: 5,
        messageEncoding: "base64",
      },
    });
  });

  it("reads what is set", () => {
    const queues = {
      batchSize: 5,
      maxPollingInterval: "00:00:01",
      visibilityTimeout: "00:00:30",
      messageEncoding: "None",
    };
    const settings = parse({
      extensions: { queues, http: { routePrefix: "" } },
      logging: { logLevel: { default: "Debug" } },
    });
    assert.equal(settings.extensions.queues.newBatchThreshold, 2);
    assert.equal(settings.extensions.queues.visibilityTimeout, 30_000);
    assert.equal(settings.extensions.queues.messageEncoding, "none");
    assert.equal(settings.extensions.http.routePrefix, "");
    assert.deepEqual(settings.logging.logLevel, { default: "debug" });
  });

  for (const [wrong, expected] of [
    [{ version: "1.0" }, /version/],
    [{ functionTimeout: "00:05:00" }, /functionTimeout/],
    [{ extensions: { blobs: {} } }, /extensions\.blobs/],
    [{ extensions: { http: { hsts: {} } } }, /extensions\.http\.hsts/],
    [{ extensions: { queues: { maxDequeueCount: 0 } } }, /queues\.maxDequeueCount/],
    [{ extensions: { queues: { newBatchThreshold: -1 } } }, /queues\.newBatchThreshold/],
    [{ extensions: { queues: { maxPollingInterval: "00:00:00.05" } } }, /queues\.maxPollingInterval.+from 00:00:00\.1/],
    [{ extensions: { queues: { visibilityTimeout: "8.00:00:00" } } }, /queues\.visibilityTimeout.+7\.00:00:00/],
    [{ extensions: { queues: { messageEncoding: "utf8" } } }, /queues\.messageEncoding/],
    [{ extensionBundle: { ...bundle, id: "Mine" } }, /extensionBundle\.id/],
    [{ logging: { logLevel: { default: "Verbose" } } }, /logging\.logLevel\.default/],
  ] as const) {
    it(`refuses ${JSON.stringify(wrong)}`, () =>
      assert.throws(() => parse(wrong), { name: "StartupError", message: expected }));
  }
});

describe("polling", () => {
  it("waits 100 ms, then twice as long each time (±20 %), up to the maximum", () => {
    const backoff = new PollingBackoff(1_000, 100, () => 0.5);
    const waits = Array.from({ length: 7 }, () => backoff.next());
    assert.deepEqual(waits, [100, 200, 300, 500, 900, 1_000, 1_000]);
    backoff.reset();
    assert.deepEqual([backoff.next(), backoff.next()], [100, 200]);
  });

  it("spreads the waits by a fifth", () => {
    const [least, most] = [0, 1].map((random) => {
      const backoff = new PollingBackoff(1_000, 100, () => random);
      backoff.next();
      return Math.round(backoff.next());
    });
    assert.deepEqual([least, most], [180, 220]);
  });

  it("never exceeds a maximum as short as the minimum", () => {
    const backoff = new PollingBackoff(100);
    assert.deepEqual([backoff.next(), backoff.next()], [100, 100]);
  });
});

describe("message bodies", () => {
  it("are decoded from Base64, strictly", () => {
    assert.equal(decodeBody(Buffer.from("hällo").toString("base64"), "base64"), "hällo");
    assert.equal(decodeBody("aGk=\n", "base64"), "hi");
    assert.equal(decodeBody("", "base64"), "");
    assert.equal(decodeBody("aGk", "base64"), undefined);
    assert.equal(decodeBody("{}", "base64"), undefined);
    assert.equal(decodeBody("/w==", "base64"), undefined, "not UTF-8");
  });

  it("are left alone without encoding", () => assert.equal(decodeBody("aGk=", "none"), "aGk="));
});

describe("trigger metadata", () => {
  const date = new Date("2026-11-22T13:37:26.123Z");
  const facts = { id: "m1", popReceipt: "p1", dequeueCount: 2, insertedOn: date, expiresOn: date, nextVisibleOn: date };
  const fn = (isBinary: boolean) => ({
    function: { metadata: { name: "f", bindings: {} }, callback: () => {} },
    isBinary,
  });
  const metadata = (body: string, isBinary = false) => queueTriggerMetadata(fn(isBinary), body, facts);

  it("holds the message's facts", () => {
    const { sys, ...rest } = metadata("text");
    assert.deepEqual(rest, {
      QueueTrigger: { string: "text" },
      DequeueCount: { json: "2" },
      ExpirationTime: { json: '"2026-11-22T13:37:26+00:00"' },
      Id: { string: "m1" },
      InsertionTime: { json: '"2026-11-22T13:37:26+00:00"' },
      NextVisibleTime: { json: '"2026-11-22T13:37:26+00:00"' },
      PopReceipt: { string: "p1" },
    });
    assert.equal(JSON.parse(sys?.json ?? "").MethodName, "f");
  });

  it("leaves a body alone that goes to its function as bytes", () => {
    const { Id, flag } = metadata('{"id":7,"flag":true}', true);
    assert.deepEqual([Id, flag], [{ string: "m1" }, undefined]);
  });

  it("lets a JSON body's properties win, without regard to case", () => {
    const merged = metadata(
      JSON.stringify({ id: 7, POPRECEIPT: "x", flag: true, list: [1], nothing: null, deep: { a: 1 } }),
    );
    assert.deepEqual(merged.Id, { string: "7" });
    assert.deepEqual(merged.PopReceipt, { string: "x" });
    assert.deepEqual(merged.flag, { string: "True" });
    assert.deepEqual(merged.deep, { json: '{"a":1}' });
    assert.ok(!("id" in merged) && !("list" in merged) && !("nothing" in merged));
  });

  it("takes nothing from arrays, numbers and broken JSON", () => {
    for (const body of ['[{"id":1}]', "12", '{"id":']) assert.deepEqual(metadata(body).Id, { string: "m1" });
  });
});

describe("routes", () => {
  const match = (template: string, path: string) => matchRoute(parseRoute(template, "f"), path);

  it("match literals without regard to case and slashes at the ends", () => {
    assert.deepEqual(match("api/Health", "/API/health/"), {});
    assert.equal(match("api/health", "/api"), undefined);
    assert.equal(match("api/health", "/api/health/more"), undefined);
  });

  it("give parameters, decoded", () => {
    assert.deepEqual(match("a/{id}/{part?}", "/a/x%2Fy"), { id: "x/y" });
    assert.deepEqual(match("a/{id}/{part?}", "/a/1/2"), { id: "1", part: "2" });
    assert.deepEqual(match("files/{*path}", "/files/a/b"), { path: "a/b" });
    assert.equal(match("a/{id}", "/a"), undefined);
  });

  it("are tried from the specific to the general", () => {
    const routes = ["{*all}", "a/{id}", "a/b"].map((template) => parseRoute(template, "f"));
    assert.deepEqual(
      routes.sort(compareRoutes).map(({ template }) => template),
      ["a/b", "a/{id}", "{*all}"],
    );
  });

  for (const bad of ["a/{id=1}", "{x?}/a", "{*x}/a", "admin/x"]) {
    it(`refuses ${bad}`, () => assert.throws(() => parseRoute(bad, "f"), { name: "StartupError" }));
  }
});

describe("connections", () => {
  const base = { IDENTITY_ENDPOINT: "http://x", IDENTITY_HEADER: "h" };
  const uri = "https://127.0.0.1:1/account/";

  it("prefer the AzureWebJobs prefix and find settings in any case", () => {
    const settings = new AppSettings({
      ...base,
      AZUREWEBJOBSX__QUEUESERVICEURI: uri,
      X__queueServiceUri: "https://other",
      AzureWebJobsX__credential: "ManagedIdentity",
    });
    assert.deepEqual(resolveQueueConnection("X", settings), {
      serviceUri: "https://127.0.0.1:1/account",
      clientId: undefined,
    });
  });

  it("refuse http, because tokens are sent", () => {
    const settings = new AppSettings({
      ...base,
      X__queueServiceUri: "http://127.0.0.1:1/a",
      X__credential: "managedidentity",
    });
    assert.throws(() => resolveQueueConnection("X", settings), { name: "StartupError", message: /https/ });
  });
});

describe("the log", () => {
  function shown(filter: LogFilter, category: string): LogLevel[] {
    const lines: string[] = [];
    const log = new HostLog(filter, (line) => lines.push(line));
    for (const level of ["debug", "information", "warning", "error"] as const) log.write(category, level, level);
    return lines.map((line) => line.split(" ")[1] as LogLevel);
  }

  it("shows information and above by default", () =>
    assert.deepEqual(shown({}, "Host.Queues"), ["information", "warning", "error"]));

  it("follows the longest category that fits", () => {
    const filter: LogFilter = { default: "none", Function: "warning", "Function.f": "debug" };
    assert.deepEqual(shown(filter, "Host.Queues"), []);
    assert.deepEqual(shown(filter, "Function.g.User"), ["warning", "error"]);
    assert.equal(shown(filter, "Function.f.User").length, 4);
  });

  it("gives every line of a text its level", () => {
    const lines: string[] = [];
    new HostLog({}, (line) => lines.push(line)).of("x").warn("one\ntwo");
    assert.deepEqual(lines, ["[warn] one", "[warn] two"]);
  });
});

describe("trouble with a queue", () => {
  const denied = { statusCode: 403, code: "AuthorizationPermissionMismatch", message: "no" };

  it("is said when it begins, changes, lasts and ends, not at every poll", () => {
    const lines: string[] = [];
    let now = 0;
    const trouble = new OutageLog(new HostLog({}, (line) => lines.push(line)).of("x"), "queue 'q'", 1_000, () => now);
    for (now = 0; now < 2_500; now += 100) trouble.recordFailure(denied);
    trouble.recordFailure({ statusCode: 404, code: "QueueNotFound" });
    trouble.recordSuccess();
    trouble.recordSuccess();
    assert.equal(lines.filter((line) => line.includes("AuthorizationPermissionMismatch")).length, 3);
    assert.equal(lines.filter((line) => line.includes("QueueNotFound")).length, 1);
    assert.deepEqual(lines.at(-1), "[info] The host can read queue 'q' again.");
    assert.equal(lines.length, 5);
  });

  it("is described by the network's code too", () => {
    const error = Object.assign(new Error("connect failed"), { code: "ECONNREFUSED" });
    assert.equal(describeStorageProblem(error), "ECONNREFUSED: connect failed");
  });
});

describe("what is running", () => {
  it("is waited for, and named when it does not end in time", async () => {
    const running = new RunningJobs();
    running.add("quick", Promise.resolve());
    running.add("broken", Promise.reject(new Error("x")));
    running.add("endless", new Promise(() => undefined));
    assert.deepEqual(await running.drain(50), ["endless"]);
    assert.equal(running.size, 1);
  });

  it("tells of each end", async () => {
    const running = new RunningJobs();
    let end = () => {};
    running.add("job", new Promise<void>((resolve) => (end = resolve)));
    const change = running.nextChange();
    end();
    await change;
    assert.equal(running.size, 0);
  });
});
