import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { releaseApp, releaseProvider } from "../../../infra/deploy/release/release";
import { defaultPace } from "../../../infra/deploy/release/run";
import {
  armToken,
  hasty,
  oldVersion,
  type Reply,
  type Script,
  type Seen,
  siteId,
  token,
  version,
  wellBehaved,
  withStub,
  zipText,
} from "./release-stub";

function captureLines(t: TestContext): string[] {
  const lines: string[] = [];
  t.mock.method(console, "log", (line: string) => lines.push(line));
  return lines;
}

/** The message of the error that a release against `script` ends with. */
async function failure(script: Script, timeoutSeconds = 0.4, pace = hasty): Promise<string> {
  let message = "";
  await withStub({ ...wellBehaved, ...script }, async ({ app }) => {
    await assert.rejects(releaseApp({ ...app, timeoutSeconds }, pace), (error: Error) => {
      message = error.message;
      return true;
    });
  });
  for (const secret of [token, armToken]) assert.ok(!message.includes(secret), "no token in an error");
  return message;
}

function bearers(seen: Seen[]) {
  return seen.map(({ route, headers }) => [route, headers.authorization]);
}

test("a web app's zip is pushed once by OneDeploy, then the release waits for its deployment, version and readiness in this order", async (t) => {
  const lines = captureLines(t);
  await withStub(wellBehaved, async ({ app, seen }) => {
    await releaseApp(app, hasty);
    const [pushed] = seen;
    assert.equal(pushed?.url, "/api/publish?type=zip&async=true");
    assert.equal(pushed?.headers.authorization, `Bearer ${token}`);
    assert.equal(pushed?.headers["content-type"], "application/zip");
    assert.equal(pushed?.body, zipText);
    assert.deepEqual(
      seen.map((one) => one.route),
      [
        "POST /api/publish",
        "GET /api/deployments/latest",
        "GET /api/deployments/latest",
        "GET /healthz",
        "GET /readyz",
      ],
    );
    assert.equal(seen[1]?.url, "/api/deployments/latest?deployer=OneDeploy");
    for (const one of seen.slice(3)) assert.equal(one.headers.authorization, undefined, "the app never sees the token");
  });
  assert.match(lines.at(-1) ?? "", /bot-abc: live after \d+ s/);
});

test("a function app's zip goes through zip push", async (t) => {
  captureLines(t);
  await withStub(wellBehaved, async ({ app, seen }) => {
    await releaseApp({ ...app, kind: "function" }, hasty);
    assert.equal(seen[0]?.url, "/api/zipdeploy?isAsync=true");
  });
});

test("without Location the latest deployment is polled, and a foreign Location never gets the token", async (t) => {
  captureLines(t);
  await withStub({ ...wellBehaved, "POST /api/publish": { status: 202 } }, async ({ app, count }) => {
    await releaseApp(app, hasty);
    assert.equal(count("GET /api/deployments/latest"), 2);
  });
  const foreign = { status: 202, headers: { location: "https://elsewhere.example/api/deployments/latest?x=1" } };
  await withStub({ ...wellBehaved, "POST /api/publish": foreign }, async ({ app, seen }) => {
    await releaseApp(app, hasty);
    assert.equal(seen[1]?.url, "/api/deployments/latest?x=1");
  });
});

test("409, then 503, then 403 for some time are retried until the push is accepted", async (t) => {
  const lines = captureLines(t);
  const refusals = [409, 503, 403, 403, 403, 404, 429].map((status) => ({ status, body: "not now" }));
  const accepted = { status: 202 };
  await withStub({ ...wellBehaved, "POST /api/publish": [...refusals, accepted] }, async ({ app, count }) => {
    await releaseApp(app, hasty);
    assert.equal(count("POST /api/publish"), 8);
  });
  assert.ok(lines.includes("bot-abc: zip not accepted yet: 409 not now"));
});

test("Retry-After of a refused push is honoured", async (t) => {
  captureLines(t);
  const refused = { status: 429, headers: { "retry-after": "1" } };
  await withStub({ ...wellBehaved, "POST /api/publish": [refused, { status: 202 }] }, async ({ app, seen }) => {
    await releaseApp(app, hasty);
    assert.ok((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0) >= 950);
  });
});

test("a 400 from the SCM site ends the release at once with its answer", async (t) => {
  captureLines(t);
  const message = await failure({ "POST /api/publish": { status: 400, body: "type='zap' not recognized" } }, 30);
  assert.match(message, /refused the zip: 400 type='zap' not recognized/);
});

test("a 401 is retried for a while, since the site may be too new, and then ends the release", async (t) => {
  captureLines(t);
  const started = Date.now();
  const message = await failure({ "POST /api/publish": { status: 401 } }, 30);
  assert.match(message, /refused the zip: 401/);
  assert.ok(Date.now() - started < 10_000);
  await withStub({ ...wellBehaved, "POST /api/publish": [{ status: 401 }, { status: 202 }] }, ({ app }) =>
    releaseApp(app, hasty),
  );
});

test("the next token is tried only where one is refused with 401, and is the one for the deployment and its log", async (t) => {
  captureLines(t);
  const failed: Script = {
    "POST /api/publish": [{ status: 401 }, { status: 202 }],
    "GET /api/deployments/latest": { status: 200, body: { id: "d1", status: 3, complete: true } },
  };
  await withStub({ ...wellBehaved, ...failed }, async ({ app, seen }) => {
    const release = releaseApp(
      { ...app, tokens: { appService: "for-app-service", resourceManager: "for-arm" } },
      hasty,
    );
    await assert.rejects(release, /the deployment failed/);
    assert.deepEqual(bearers(seen), [
      ["POST /api/publish", "Bearer for-app-service"],
      ["POST /api/publish", "Bearer for-arm"],
      ["GET /api/deployments/latest", "Bearer for-arm"],
      ["GET /api/deployments/d1/log", "Bearer for-arm"],
    ]);
  });
});

test("a 403 is waited out with the token that is known, and after 401 for every token the first has its turn again", async (t) => {
  captureLines(t);
  const refusals = [401, 401, 403, 403].map((status) => ({ status }));
  await withStub({ ...wellBehaved, "POST /api/publish": [...refusals, { status: 202 }] }, async ({ app, seen }) => {
    await releaseApp({ ...app, tokens: { appService: "for-app-service", resourceManager: "for-arm" } }, hasty);
    const pushes = bearers(seen).filter(([route]) => route === "POST /api/publish");
    const order = ["for-app-service", "for-arm", "for-app-service", "for-app-service", "for-app-service"];
    assert.deepEqual(
      pushes.map(([, bearer]) => bearer),
      order.map((one) => `Bearer ${one}`),
    );
  });
});

test("a push that is never accepted ends at the deadline with the last answer and what to do", async (t) => {
  captureLines(t);
  const message = await failure({ "POST /api/publish": { status: 403, body: "no role yet" } });
  assert.match(message, /did not accept the zip within \d+ s/);
  assert.match(message, /403 no role yet/);
  assert.match(message, /Contributor/);
});

test("an SCM host that does not listen is retried, and the error at the deadline says so", async (t) => {
  captureLines(t);
  let closed = "";
  await withStub(wellBehaved, async ({ app }) => {
    closed = app.scmUrl;
  });
  await withStub(wellBehaved, async ({ app }) => {
    const nowhere = { ...app, scmUrl: closed, timeoutSeconds: 0.3 };
    await assert.rejects(releaseApp(nowhere, hasty), /did not accept the zip.*\n.*no answer \(ECONNREFUSED/);
  });
});

test("a failed deployment ends the release with the platform's own log, details included and trimmed", async (t) => {
  captureLines(t);
  const message = await failure({
    "GET /api/deployments/latest": {
      status: 200,
      body: { id: "d7", status: 3, complete: true, status_text: "Failed to deploy" },
    },
    "GET /api/deployments/d7/log": (origin) => ({
      status: 200,
      body: [
        { message: "x".repeat(9_000), details_url: null },
        { message: "Extracting zip", details_url: `${origin}/api/deployments/d7/log/e1` },
      ],
    }),
    "GET /api/deployments/d7/log/e1": { status: 200, body: [{ message: "No space left on device" }] },
  });
  assert.match(message, /the deployment failed: Failed to deploy/);
  assert.match(message, /Extracting zip\n {2}No space left on device/);
  assert.ok(message.length < 4_000, `${message.length} characters`);
});

test("a deployment that was stopped by a restart of the SCM site is pushed again", async (t) => {
  captureLines(t);
  const stopped = "Deployment has been stopped due to SCM container restart.";
  const script: Script = {
    ...wellBehaved,
    "GET /api/deployments/latest": [
      { status: 200, body: { id: "d1", status: 3, complete: true, status_text: stopped } },
      { status: 503, body: "starting" },
      { status: 200, body: { id: "d2", status: 4, complete: true } },
    ],
  };
  await withStub(script, async ({ app, count }) => {
    await releaseApp(app, hasty);
    assert.equal(count("POST /api/publish"), 2);
  });
});

test("a deployment that never ends fails at the deadline, and the error says how far it came", async (t) => {
  captureLines(t);
  const message = await failure({
    "GET /api/deployments/latest": { status: 202, body: { id: "d1", status: 2, progress: "Copying files" } },
    "GET /api/deployments/d1/log": { status: 200, body: [{ message: "Copying 3 files" }] },
  });
  assert.match(message, /was not finished within \d+ s/);
  assert.match(message, /Copying files/);
  assert.match(message, /Copying 3 files/);
});

test("an app that crashes ends the release at the deadline with its last answer, the deployment log and what to do", async (t) => {
  captureLines(t);
  const started = Date.now();
  const message = await failure({
    "GET /healthz": { status: 503, body: `Application Error ${"e".repeat(1_000)}` },
    "GET /api/deployments/d1/log": { status: 200, body: [{ message: "Deployment successful." }] },
  });
  assert.ok(Date.now() - started < 10_000);
  assert.match(message, /version 1f1f1f1f1f1f did not answer within \d+ s/);
  assert.match(message, /healthz: 503 Application Error e{282}\n/, "status and 300 characters");
  assert.match(message, /Deployment successful\./);
  assert.match(message, /Log stream/);
  assert.match(message, /releaseTimeout/);
});

test("a request that the deadline cuts short does not hide the answer before it", async (t) => {
  captureLines(t);
  const cut = { status: 0, hang: true };
  assert.match(await failure({ "POST /api/publish": [{ status: 503, body: "busy" }, cut] }), /503 busy/);
  const copying = { status: 202, body: { id: "d1", status: 2, progress: "Copying files" } };
  assert.match(await failure({ "GET /api/deployments/latest": [copying, cut] }), /Copying files/);
  const old = { status: 200, body: { version: oldVersion } };
  assert.match(await failure({ "GET /healthz": [old, cut] }), /Another version answers/);
  assert.match(await failure({ "GET /readyz": [{ status: 503, body: "no queue" }, cut] }), /503 no queue/);
});

test("the error says when the old version still answers", async (t) => {
  captureLines(t);
  const message = await failure({ "GET /healthz": { status: 200, body: { status: "ok", version: oldVersion } } });
  assert.match(message, /Another version answers \(0e0e0e0e0e0e\)/);
});

test("the old version, an error page and a redirect before the new version do not end the release", async (t) => {
  captureLines(t);
  const script: Script = {
    ...wellBehaved,
    "GET /healthz": [
      { status: 200, body: { status: "ok", version: oldVersion } },
      { status: 502, body: "<html>" },
      { status: 200, body: "<html>Your app is being set up</html>" },
      { status: 302, headers: { location: "/login" } },
      { status: 200, body: { status: "ok", version } },
    ],
    "GET /readyz": [{ status: 503, body: { status: "not ready" } }, { status: 200 }],
  };
  await withStub(script, async ({ app, count }) => {
    await releaseApp(app, hasty);
    assert.equal(count("GET /healthz"), 5);
    assert.equal(count("GET /readyz"), 2);
    assert.equal(count("GET /login"), 0);
  });
});

test("an app that is never ready ends the release saying that it runs and that roles may be missing", async (t) => {
  captureLines(t);
  const message = await failure({ "GET /readyz": { status: 503, body: { status: "not ready" } } });
  assert.match(message, /runs, but was not ready/);
  assert.match(message, /503 \{"status":"not ready"\}/);
  assert.match(message, /role assignments/);
});

const restart = `POST ${siteId}/restart`;
const wrongHost: Reply[] = [
  { status: 200, body: { status: "ok", version: oldVersion } },
  { status: 503, body: "Function host is not running." },
  { status: 404 },
];

/** A host that runs the new version once it was restarted as often as `needed` says. */
function stubborn(before: Reply, needed: number): Script {
  let restarts = 0;
  return {
    ...wellBehaved,
    "GET /healthz": () => (restarts < needed ? before : { status: 200, body: { status: "ok", version } }),
    [restart]: () => {
      restarts += 1;
      return { status: 200 };
    },
  };
}

test("an app that does not run the new version is restarted through Azure Resource Manager, and then is live", async (t) => {
  for (const before of wrongHost) {
    const lines = captureLines(t);
    await withStub(stubborn(before, 1), async ({ app, seen, count }) => {
      await releaseApp(app, hasty);
      assert.equal(count(restart), 1);
      const asked = seen.find(({ route }) => route === restart);
      assert.equal(asked?.url, `${siteId}/restart?api-version=2025-05-01`);
      assert.equal(asked?.headers.authorization, `Bearer ${armToken}`);
      assert.equal(count("POST /api/publish"), 1, "the zip is not pushed again");
    });
    const said = lines.filter((line) => line.includes("restarted"));
    assert.match(said.join("\n"), /^bot-abc: restarted after \d+ s, since the new version does not answer \(1 of 2\)$/);
    assert.match(lines.at(-1) ?? "", /live after/);
  }
});

test("an app that needs a second restart gets it", async (t) => {
  const lines = captureLines(t);
  await withStub(stubborn({ status: 503 }, 2), async ({ app, count }) => {
    await releaseApp(app, hasty);
    assert.equal(count(restart), 2);
  });
  assert.ok(lines.some((line) => line.includes("(2 of 2)")));
});

test("an app that two restarts do not bring up is not restarted again, and the error says that they were tried", async (t) => {
  const lines = captureLines(t);
  const script = stubborn({ status: 503, body: "Function host is not running." }, 3);
  await withStub(script, async ({ app, count }) => {
    await assert.rejects(releaseApp({ ...app, timeoutSeconds: 1.5 }, hasty), (error: Error) => {
      assert.match(error.message, /Function host is not running/);
      assert.match(error.message, /The app was restarted twice, which did not help\.\nLook at the app's own/);
      return true;
    });
    assert.equal(count(restart), 2);
  });
  assert.equal(lines.filter((line) => line.includes("restarted after")).length, 2);
});

test("a restart that Azure refuses is logged, and the app may still come up by itself", async (t) => {
  for (const status of [403, 404]) {
    const lines = captureLines(t);
    let refusals = 0;
    const refused: Script = {
      ...wellBehaved,
      [restart]: () => {
        refusals += 1;
        return { status, body: { error: { code: "AuthorizationFailed" } } };
      },
      "GET /healthz": () => ({ status: 200, body: { version: refusals === 0 ? oldVersion : version } }),
    };
    await withStub(refused, async ({ app, count }) => {
      await releaseApp(app, hasty);
      assert.equal(count(restart), 1);
    });
    const said = `bot-abc: Azure did not restart the app: ${status} {"error":{"code":"AuthorizationFailed"}}`;
    assert.equal(lines.filter((line) => line === said).length, 1);
  }
});

test("when Azure refused every restart, the error says so and how to restart the app by hand", async (t) => {
  captureLines(t);
  const message = await failure({ "GET /healthz": { status: 503 }, [restart]: { status: 403, body: "no role" } }, 1);
  assert.match(
    message,
    /The release could not restart the app \(403 no role\)\. Restart it yourself .*az webapp restart/,
  );
});

test("an app that answers with the new version and is not ready yet is not restarted", async (t) => {
  captureLines(t);
  const started = Date.now();
  const script: Script = {
    ...wellBehaved,
    "GET /readyz": () =>
      Date.now() - started < 5 * hasty.restart
        ? { status: 503, body: { status: "not ready" } }
        : { status: 200, body: { status: "ready" } },
  };
  await withStub(script, async ({ app, count }) => {
    await releaseApp(app, hasty);
    assert.equal(count(restart), 0);
  });
});

test("an app whose host answers errors after the new version had answered is restarted", async (t) => {
  captureLines(t);
  let restarts = 0;
  const problem = { type: "about:blank", title: "Internal Server Error", status: 500 };
  const script: Script = {
    ...wellBehaved,
    "GET /readyz": () => (restarts === 0 ? { status: 500, body: problem } : { status: 200, body: {} }),
    [restart]: () => {
      restarts += 1;
      return { status: 200 };
    },
  };
  await withStub(script, async ({ app, count }) => {
    await releaseApp(app, hasty);
    assert.equal(count(restart), 1);
  });
});

test("a real release waits three minutes before it restarts the app", () => {
  assert.equal(defaultPace.restart, 180_000);
});

test("a line of progress comes at least every interval, also while a request hangs, and stops afterwards", async (t) => {
  const lines = captureLines(t);
  await failure({ "GET /healthz": { status: 0, hang: true } }, 1);
  const progress = lines.filter((line) => /bot-abc: waiting for .* \(\d+ s of 1 s\)/.test(line));
  assert.ok(progress.length >= 8, `${progress.length} lines in a second at 40 ms`);
  assert.ok(progress.some((line) => line.includes("version 1f1f1f1f1f1f to answer on /healthz")));
  const printed = lines.length;
  await new Promise((resolve) => setTimeout(resolve, 150));
  assert.equal(lines.length, printed);
  assert.ok(!lines.join().includes(token));
  assert.ok(defaultPace.progress <= 10_000);
});

test("a request without an answer ends at its own limit and is sent again", async (t) => {
  captureLines(t);
  const hung = { status: 0, hang: true };
  const script: Script = {
    ...wellBehaved,
    "POST /api/publish": [hung, { status: 202 }],
    "GET /api/deployments/latest": [hung, { status: 200, body: { id: "d1", status: 4 } }],
    "GET /healthz": [hung, { status: 200, body: { version } }],
    "GET /readyz": [hung, { status: 200 }],
  };
  await withStub(script, async ({ app }) => {
    const started = Date.now();
    await releaseApp(app, { ...hasty, request: 100, upload: 100 });
    assert.ok(Date.now() - started < 10_000);
  });
  const started = Date.now();
  const message = await failure({ "POST /api/publish": hung }, 0.3, { ...hasty, upload: 60_000 });
  assert.match(message, /the request timed out/);
  assert.ok(Date.now() - started < 10_000, "the deadline cuts even a long upload limit");
});

test("only a changed site, kind or version is a change, and a changed site is a replacement", async () => {
  const old = { site: "a", kind: "web" as const, version: "1" };
  const azure = { siteId: "i", scmUrl: "s", appUrl: "u", resourceManager: "r", tokens: { resourceManager: "t" } };
  const next = { ...old, ...azure, package: "p", timeoutSeconds: 1 };
  const diff = (change: object) => releaseProvider.diff?.("id", old, { ...next, ...change });
  assert.deepEqual(await diff({}), { changes: false, replaces: [] });
  assert.deepEqual(await diff({ tokens: { resourceManager: "t2" }, siteId: "i2", package: "p2", timeoutSeconds: 2 }), {
    changes: false,
    replaces: [],
  });
  assert.deepEqual(await diff({ version: "2" }), { changes: true, replaces: [] });
  assert.deepEqual(await diff({ kind: "function" }), { changes: true, replaces: [] });
  assert.deepEqual(await diff({ site: "b" }), { changes: true, replaces: ["site"] });
});
