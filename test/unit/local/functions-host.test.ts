import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { QueueClient } from "@azure/storage-queue";
import { fromQueueText, toQueueText } from "../../../core/queue/queue-text";
import { startTestQueues, type TestQueues } from "../helpers/azurite";
import {
  bundleHost,
  cleanUp,
  hostJson,
  settings,
  TestHost,
  until,
  withQueues,
  writeApp,
} from "../helpers/functions-host";

/** Says what it got; fails, waits or both when the message asks for it. */
const echo = `app.storageQueue("echo", { queueName: "%QUEUE_NAME%", connection: "AzureWebJobsStorage", async handler(message, context) {
  say(context, { message, type: typeof message, metadata: context.triggerMetadata });
  if (message?.wait) await sleep(message.wait);
  if (message?.fail) throw new Error("asked to fail");
  say(context, { done: message });
} });`;

interface Said {
  message?: unknown;
  type?: string;
  metadata?: Record<string, unknown>;
  done?: unknown;
}

describe("the Functions host", () => {
  let bundle: string;
  let queues: TestQueues;
  let count = 0;
  before(async () => {
    [bundle, queues] = await Promise.all([bundleHost(), startTestQueues()]);
  });
  after(async () => {
    await cleanUp();
    await queues.close();
  });

  async function newQueue(): Promise<QueueClient> {
    const queue = queues.queue(`queue-${++count}`);
    await queue.create();
    return queue;
  }

  function start(
    queue: QueueClient,
    options: { json?: object; source?: string; lease?: number; env?: Record<string, string> } = {},
  ) {
    const content = writeApp(options.source ?? echo, {
      "host.json": options.json ?? withQueues({ messageEncoding: "none" }),
    });
    return new TestHost(bundle, content, settings(queues, { QUEUE_NAME: queue.name, ...options.env }), options.lease);
  }

  const said = (host: TestHost) => host.said as Said[];
  const runs = (host: TestHost) => said(host).filter(({ type }) => type);
  const done = (host: TestHost) => said(host).filter((line) => "done" in line);

  async function isEmpty(queue: QueueClient): Promise<boolean> {
    return (await queue.getProperties()).approximateMessagesCount === 0;
  }

  it("gives objects, numbers and texts to the function and deletes the messages", async () => {
    const queue = await newQueue();
    const host = await start(queue).ready();
    for (const body of [`{"a":1}`, "123", "true", "some <text> & ümläut"]) await queue.sendMessage(body);
    await until("four messages are done", () => done(host).length === 4);
    await until("the queue is empty", () => isEmpty(queue));
    const messages = runs(host).map(({ message }) => JSON.stringify(message));
    assert.deepEqual(messages.sort(), [`"some <text> & ümläut"`, "123", "true", `{"a":1}`].sort());
    assert.equal((await host.stop()).code, 0);
  });

  const awkward = [
    '{\r\n  "a": 1\r\n}\r\n',
    "a\r\nb\rc\nd &#xD; <&>",
    "89e7073266",
    '{"id":7,"id":12345678901234567890}',
  ];

  it("gives messages to a function as bytes where that is asked for, and leaves the metadata alone", async () => {
    const queue = await newQueue();
    const source = `app.generic("echo", {
      trigger: { type: "queueTrigger", direction: "in", name: "entry", queueName: "%QUEUE_NAME%",
        connection: "AzureWebJobsStorage", dataType: "binary" },
      handler(entry, context) {
        say(context, { message: entry.toString(), type: entry.constructor.name, metadata: context.triggerMetadata });
      } });`;
    const host = await start(queue, { source }).ready();
    const ids: string[] = [];
    for (const text of awkward) ids.push((await queue.sendMessage(toQueueText(text))).messageId);
    await until("every message is done", () => runs(host).length === awkward.length);
    assert.deepEqual(new Set(runs(host).map(({ type }) => type)), new Set(["Buffer"]));
    assert.deepEqual(
      runs(host)
        .map(({ message }) => message)
        .sort(),
      [...awkward].sort(),
    );
    assert.deepEqual(
      runs(host)
        .map(({ metadata }) => metadata?.id)
        .sort(),
      ids.sort(),
    );
    await host.stop();
  });

  it("gives a text with carriage returns, and moves it to the poison queue, as it came", async () => {
    const queue = await newQueue();
    const poison = queues.queue(`${queue.name}-poison`);
    const json = withQueues({ messageEncoding: "none", maxDequeueCount: 1 });
    const host = await start(queue, { json }).ready();
    const text = '{\r\n  "fail": true\r\n}\r\n';
    await queue.sendMessage(toQueueText(text));
    await until("the message is in the poison queue", () => poison.exists());
    await until("the queue is empty", () => isEmpty(queue));
    assert.deepEqual(runs(host)[0]?.message, { fail: true });
    const [peeked] = (await poison.peekMessages()).peekedMessageItems;
    assert.equal(fromQueueText(peeked?.messageText ?? ""), text);
    await host.stop();
  });

  it("merges a JSON body over the trigger metadata", async () => {
    const queue = await newQueue();
    const host = await start(queue).ready();
    const plain = await queue.sendMessage("plain");
    await until("the message is done", () => done(host).length === 1);
    const metadata = runs(host)[0]?.metadata ?? {};
    assert.equal(metadata.id, plain.messageId);
    assert.equal(metadata.dequeueCount, 1);
    assert.equal(metadata.queueTrigger, "plain");
    assert.match(String(metadata.insertionTime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/);
    await queue.sendMessage(JSON.stringify({ ID: "mine", other: { Deep: 1 } }));
    await until("both messages are done", () => done(host).length === 2);
    assert.equal(runs(host)[1]?.metadata?.id, "mine");
    assert.deepEqual(runs(host)[1]?.metadata?.other, { deep: 1 });
    await host.stop();
  });

  it("decodes Base64 by default and moves what is none to the poison queue at once", async () => {
    const queue = await newQueue();
    const poison = queues.queue(`${queue.name}-poison`);
    const host = await start(queue, { json: hostJson }).ready();
    await queue.sendMessage(Buffer.from(`{"a":"ü"}`).toString("base64"));
    await queue.sendMessage("not base64!");
    await until("the good one is done", () => done(host).length === 1);
    assert.deepEqual(runs(host)[0]?.message, { a: "ü" });
    await until("the bad one is in the poison queue", () => poison.exists());
    await until("the queue is empty", () => isEmpty(queue));
    assert.equal((await poison.peekMessages()).peekedMessageItems[0]?.messageText, "not base64!");
    assert.equal(runs(host).length, 1);
    await host.stop();
  });

  it("tries a failing message maxDequeueCount times, then moves its raw body to the poison queue", async () => {
    const queue = await newQueue();
    const poison = queues.queue(`${queue.name}-poison`);
    const host = await start(queue, { json: withQueues({ maxDequeueCount: 3 }) }).ready();
    const raw = Buffer.from(`{"fail":true}`).toString("base64");
    await queue.sendMessage(raw);
    await until("the message is in the poison queue", () => poison.exists());
    await until("the queue is empty", () => isEmpty(queue));
    assert.deepEqual(
      runs(host).map(({ metadata }) => metadata?.dequeueCount),
      [1, 2, 3],
    );
    assert.equal((await poison.peekMessages()).peekedMessageItems[0]?.messageText, raw);
    assert.ok(
      host.lines.some((line) =>
        /^\[error\] Executed 'Functions\.echo' \(Failed, Id=.+, Duration=\d+ms\): asked to fail$/.test(line),
      ),
    );
    await host.stop();
  });

  it("waits visibilityTimeout before it tries again", async () => {
    const queue = await newQueue();
    const host = await start(queue, {
      json: withQueues({ messageEncoding: "none", maxDequeueCount: 2, visibilityTimeout: "00:00:02" }),
    }).ready();
    await queue.sendMessage(`{"fail":true}`);
    await until("the message failed once", () => runs(host).length === 1);
    const first = Date.now();
    await until("the message failed twice", () => runs(host).length === 2);
    assert.ok(Date.now() - first > 1_000, "tried again at once");
    await host.stop();
  });

  it("goes on with other messages while one is slow and one fails", async () => {
    const queue = await newQueue();
    const json = withQueues({ messageEncoding: "none", batchSize: 2, newBatchThreshold: 1, maxDequeueCount: 5 });
    const host = await start(queue, { json }).ready();
    await queue.sendMessage(`{"wait":4000}`);
    await queue.sendMessage(`{"fail":true}`);
    for (let i = 0; i < 6; i++) await queue.sendMessage(JSON.stringify({ i }));
    await until("the quick ones are done", () => done(host).length >= 6);
    assert.ok(!done(host).some((line) => (line.done as { wait?: number }).wait), "the slow one was first");
    await until("the slow one is done", () => done(host).length === 7);
    await host.stop();
  });

  it("keeps a message that takes longer than the lease", async () => {
    const queue = await newQueue();
    const host = await start(queue, { lease: 1 }).ready();
    await queue.sendMessage(`{"wait":2500}`);
    await until("the message is done", () => done(host).length === 1);
    await until("the queue is empty", () => isEmpty(queue));
    assert.equal(runs(host).length, 1);
    await host.stop();
  });

  it("lets another host take over the message of a host that was killed", async () => {
    const queue = await newQueue();
    const first = await start(queue, { lease: 2 }).ready();
    await queue.sendMessage(`{"wait":1500}`);
    await until("the first host runs it", () => runs(first).length === 1);
    first.child.kill("SIGKILL");
    await first.exited;
    const second = await start(queue, { lease: 2 }).ready();
    await until("the second host has done it", () => done(second).length === 1);
    assert.equal(runs(second)[0]?.metadata?.dequeueCount, 2);
    await second.stop();
  });

  it("finishes what runs on SIGTERM, runs appTerminate hooks and exits with 0", async () => {
    const queue = await newQueue();
    const source = `${echo} app.hook.appTerminate(() => console.log("terminated"));`;
    const host = await start(queue, { source }).ready();
    await queue.sendMessage(`{"wait":800}`);
    await until("it runs", () => runs(host).length === 1);
    assert.equal((await host.stop()).code, 0);
    assert.equal(done(host).length, 1);
    assert.ok(host.lines.includes("terminated"));
    assert.ok(await isEmpty(queue));
  });

  it("names what a SIGTERM cuts after the limit and still exits with 0", async () => {
    const queue = await newQueue();
    const host = await start(queue).ready();
    const { messageId } = await queue.sendMessage(`{"wait":20000}`);
    await until("it runs", () => runs(host).length === 1);
    assert.equal((await host.stop()).code, 0);
    assert.ok(
      host.lines.some((line) => line.includes("Interrupted by the stop: Functions.echo") && line.includes(messageId)),
    );
    assert.ok(!(await isEmpty(queue)));
  });

  it("waits for a queue and for a role, saying why", async () => {
    const queue = queues.queue(`queue-${++count}`);
    const host = await start(queue).ready();
    await until("it says that the queue is missing", () => host.lines.some((line) => line.includes("QueueNotFound")));
    queues.denied = true;
    await until("it says that a role is missing", () =>
      host.lines.some((line) => line.includes("AuthorizationPermissionMismatch")),
    );
    await queue.create();
    await queue.sendMessage("late");
    queues.denied = false;
    await until("the message is done", () => done(host).length === 1);
    assert.ok(host.lines.filter((line) => line.includes("Cannot read queue")).length < 5, "it says so too often");
    await host.stop();
  });

  for (const [what, env, reason] of [
    [
      "the storage account",
      { AzureWebJobsStorage__queueServiceUri: "https://127.0.0.1:1/account" },
      /Cannot read queue .+ECONNREFUSED/,
    ],
    [
      "the identity endpoint",
      { IDENTITY_ENDPOINT: "http://127.0.0.1:1/token" },
      /Cannot read queue .+ no token from the identity endpoint/,
    ],
    [
      "a token for its identity",
      { AzureWebJobsStorage__clientId: "unknown" },
      /Cannot read queue .+ no token from the identity endpoint/,
    ],
  ] as const) {
    it(`lives on without ${what}, saying why`, async () => {
      const host = await start(await newQueue(), { env }).ready();
      await until("it says so", () => host.lines.some((line) => reason.test(line)));
      assert.equal((await host.stop()).code, 0);
    });
  }

  it("leaves a disabled function alone", async () => {
    const queue = await newQueue();
    const source = `${echo} app.get("off", () => ({ body: "on" }));`;
    const host = await start(queue, {
      source,
      env: { "AzureWebJobs.echo.Disabled": "true", "AzureWebJobs.off.Disabled": "1" },
    }).ready();
    await queue.sendMessage("x");
    assert.equal((await fetch(`${host.url}/api/off`)).status, 404);
    await sleep(500);
    assert.equal(runs(host).length, 0);
    await host.stop();
  });

  it("runs invocation and log hooks around a function", async () => {
    const queue = await newQueue();
    const source = `${echo}
      app.hook.preInvocation((hook) => { hook.inputs = [{ replaced: hook.inputs[0] }]; hook.hookData.seen = true; });
      app.hook.postInvocation((hook) => hook.invocationContext.log("post " + hook.hookData.seen));
      app.hook.log((hook) => { hook.message = hook.message.replace("post", "POST"); });`;
    const host = await start(queue, { source }).ready();
    await queue.sendMessage("x");
    await until("the post hook ran", () => host.lines.includes("[info] POST true"));
    assert.deepEqual(runs(host)[0]?.message, { replaced: "x" });
    await host.stop();
  });

  it("shows and hides log lines by host.json's levels", async () => {
    const queue = await newQueue();
    const source = `app.storageQueue("f", { queueName: "%QUEUE_NAME%", connection: "AzureWebJobsStorage", handler(message, context) {
      context.debug("a debug"); context.info("an info"); context.warn("a warning");
    } });`;
    const json = {
      ...withQueues({ messageEncoding: "none" }),
      logging: { logLevel: { default: "Information", "Function.f.User": "Warning", "Function.f": "Debug" } },
    };
    const host = await start(queue, { source, json }).ready();
    await queue.sendMessage("x");
    await until("it ran", () =>
      host.lines.some((line) => /^\[info\] Executed 'Functions\.f' \(Succeeded, /.test(line)),
    );
    assert.ok(host.lines.some((line) => line.startsWith("[debug] Executing 'Functions.f' (Id=")));
    assert.ok(host.lines.includes("[warn] a warning"));
    assert.ok(!host.lines.some((line) => line.includes("an info") || line.includes("a debug")));
    await host.stop();
  });

  it("serves HTTP functions and hides their errors", async () => {
    const source = `
      app.http("healthz", { route: "healthz", methods: ["GET"], handler: () => ({ jsonBody: { status: "ok" } }) });
      app.http("item", { route: "items/{id}/{part?}", handler: async (request) => ({
        status: 201, headers: { "x-answer": "yes" }, cookies: [{ name: "c", value: "1 2", path: "/", httpOnly: true }],
        jsonBody: { params: request.params, q: request.query.get("q"), header: request.headers.get("x-ask"), url: request.url, body: await request.text() } }) });
      app.http("bytes", { methods: ["POST"], handler: async (request) => ({ body: await request.arrayBuffer() }) });
      app.get("nothing", () => undefined);
      app.get("fails", () => { throw new Error("secret reason"); });`;
    const json = { ...hostJson, extensions: { http: { routePrefix: "" } } };
    const host = await new TestHost(bundle, writeApp(source, { "host.json": json }), settings(undefined)).ready();

    const health = await fetch(`${host.url}/healthz`);
    assert.equal(health.status, 200);
    assert.deepEqual(await health.json(), { status: "ok" });

    const headers = { "x-ask": "why", "x-forwarded-proto": "https" };
    const item = await fetch(`${host.url}/Items/a%20b/c?q=1&q=2`, { method: "POST", body: "hällo", headers });
    assert.equal(item.status, 201);
    assert.equal(item.headers.get("x-answer"), "yes");
    assert.equal(item.headers.get("set-cookie"), "c=1%202; path=/; httponly");
    const url = `${host.url.replace("http:", "https:")}/Items/a%20b/c?q=1&q=2`;
    assert.deepEqual(await item.json(), {
      params: { id: "a b", part: "c" },
      q: "1,2",
      header: "why",
      url,
      body: "hällo",
    });

    const bytes = new Uint8Array([0, 255, 128, 10]);
    const echoed = await fetch(`${host.url}/bytes`, { method: "POST", body: bytes });
    assert.deepEqual(new Uint8Array(await echoed.arrayBuffer()), bytes);

    assert.equal((await fetch(`${host.url}/nothing`)).status, 204);
    const failed = await fetch(`${host.url}/fails`);
    assert.equal(failed.status, 500);
    assert.equal(await failed.text(), "");
    assert.ok(
      host.lines.some((line) => line.includes("Executed 'Functions.fails' (Failed") && line.endsWith("secret reason")),
    );
    assert.equal((await fetch(`${host.url}/nowhere`)).status, 404);
    assert.equal((await fetch(`${host.url}/healthz`, { method: "POST" })).status, 404);
    assert.equal((await host.stop()).code, 0);
  });

  it("ends at once when its parent dies", async () => {
    const folder = writeApp(`app.get("here", () => ({}));`);
    const host = `fork(${JSON.stringify(bundle)}, ["--content", ${JSON.stringify(folder)}], { stdio: ["ignore", "pipe", "ignore", "ipc"] })`;
    const code = `require("node:child_process").${host}.stdout.on("data", (text) => {
      const url = /Listening on (\\S+)/.exec(text);
      if (url) process.send(url[1]);
    });`;
    writeFileSync(join(folder, "parent.js"), code);
    const parent = fork(join(folder, "parent.js"), { env: settings(queues), execArgv: [] });
    const [url] = (await once(parent, "message")) as [string];
    assert.ok(await answers(url));
    parent.kill("SIGKILL");
    await until("the host is gone", async () => !(await answers(url)));
  });

  it("ends with code 1 when the app lets an error escape", async () => {
    const source = `app.get("escape", () => { setImmediate(() => { throw new Error("escaped"); }); return {}; });`;
    const host = await new TestHost(bundle, writeApp(source), settings(undefined)).ready();
    await fetch(`${host.url}/api/escape`).catch(() => undefined);
    assert.equal((await host.exited).code, 1);
    assert.ok(
      host.lines.some(
        (line) => line.startsWith("[error] The host ends because of an uncaught error") && line.includes("escaped"),
      ),
    );
  });
});

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}
