import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:https";
import path from "node:path";
import { after, before, describe, mock, test } from "node:test";
import { createProxyServer } from "httpxy";
import { releaseApp, releaseProvider } from "../../infra/deploy/release/release";
import { type App, defaultPace } from "../../infra/deploy/release/run";
import type { Site } from "../../local/app-service/site";
import { ResourceManagerEndpoint } from "../../local/cloud/resource-manager-endpoint";
import { listen, stop } from "../../local/listen";
import { makeZip, OwnAppService } from "../harness/own-app-service";
import { OwnCloud } from "../unit/helpers/own-cloud";

/** Seconds: long for an app of one file to start, short for a test to wait. */
const limit = 6;
const logStream =
  "Look at the app's own output (Azure portal: the app, Log stream; or `az webapp log tail`). If it only " +
  "needs longer to start, raise the config `releaseTimeout`; then run `pulumi up` again.";

let appService: OwnAppService;
const lines: string[] = [];
before(async () => {
  mock.method(console, "log", (line: string) => lines.push(line));
  appService = await OwnAppService.open();
});
after(() => appService.close());

// At the same time, since most of it is waiting.
describe("the release provider against App Service", { concurrency: true }, () => {
  test("a good zip is released, by OneDeploy and by zip push", async (t) => {
    for (const kind of ["web", "function"] as const) {
      const { app } = await deployment(`good-${kind}`, answering(), { kind });
      const began = performance.now();
      const released = await releaseProvider.create(app);
      t.diagnostic(`${kind}: ${Math.round(performance.now() - began)} ms from push to ready`);
      assert.deepEqual(released, { id: app.site, outs: { site: app.site, kind, version: app.version } });
    }
  });

  test("an app that crashes at start fails with the front end's answer, and the next zip is released", async () => {
    const { app, site } = await deployment("crashes", 'throw new Error("QUEUE_URL is missing");');
    assert.equal(
      await failureOf(app),
      [
        `crashes: version ${app.version.slice(0, 12)} did not answer within N s.`,
        `Last answer of https://${site.hostName}/healthz: 503 This app is not running.`,
        "Deployment log (end):",
        "Deployment successful.",
        logStream,
      ].join("\n"),
    );
    assert.ok(appService.lines.includes("crashes ended with exit code 1"));
    assert.ok(appService.lines.some((line) => line.includes("QUEUE_URL is missing")));
    await releaseGood(app, site);
  });

  test("an app that is never ready fails with the answer of /readyz and a hint, and the next zip is released", async () => {
    const { app, site } = await deployment("not-ready", answering({ ready: false }));
    assert.equal(
      await failureOf(app),
      [
        `not-ready: version ${app.version.slice(0, 12)} runs, but was not ready within N s.`,
        `Last answer of https://${site.hostName}/readyz: 503 {"status":"not ready"}`,
        "The app runs, but cannot use something it needs with its identity (queue, tables, vault). New role " +
          "assignments take up to 10 minutes: run `pulumi up` again or raise the config `releaseTimeout`; then check the " +
          "app's role assignments and its Log stream.",
      ].join("\n"),
    );
    await releaseGood(app, site);
  });

  test("an app that answers with another version fails with both versions, and the next zip is released", async () => {
    const other = "0e".repeat(32);
    const { app, site } = await deployment("other", answering({ version: other }));
    assert.equal(
      await failureOf(app),
      [
        `other: version ${app.version.slice(0, 12)} did not answer within N s.`,
        "Another version answers (0e0e0e0e0e0e): the zip was deployed, but does not run.",
        `Last answer of https://${site.hostName}/healthz: 200 {"status":"ok","version":"${other}"}`,
        "Deployment log (end):",
        "Deployment successful.",
        logStream,
      ].join("\n"),
    );
    await releaseGood(app, site);
  });

  test("an invalid zip fails at once with the platform's log, the app before it runs on, and the next zip is released", async () => {
    const { app, site } = await deployment("no-zip", answering());
    await releaseProvider.create(app);
    writeFileSync(app.package, "not a zip");
    const began = performance.now();
    assert.equal(
      await failureOf({ ...app, timeoutSeconds: 60 }),
      [
        "no-zip: the deployment failed: invalid zip data",
        "Deployment log (end):",
        "invalid zip data",
        "Read the deployment log above (Azure portal: the app, Deployment Center, Logs); then run `pulumi up` again.",
      ].join("\n"),
    );
    assert.ok(performance.now() - began < 30_000, "no waiting for what has failed");
    const health = await fetch(`https://${site.hostName}/healthz`);
    assert.equal(((await health.json()) as { version: string }).version, app.version);
    await releaseGood(app, site);
  });

  test("a release succeeds after the SCM site answered 409 and 503", async () => {
    const { app, site } = await deployment("busy", answering());
    const scm = await reluctant(site, [409, 503]);
    try {
      await releaseProvider.create({ ...app, scmUrl: scm.url, timeoutSeconds: 60 });
    } finally {
      await scm.close();
    }
    assert.deepEqual(
      lines.filter((line) => line.startsWith("busy: ") && !line.includes("waiting")).map(withoutSeconds),
      ["busy: zip not accepted yet: 409 not now", "busy: zip not accepted yet: 503 not now", "busy: live after N s"],
    );
  });

  test("an SCM site that stays busy fails the release with its last answer, and the next release succeeds", async () => {
    const { app, site } = await deployment("stuck", answering());
    const scm = await reluctant(site, Array(100).fill(409));
    try {
      assert.equal(
        await failureOf({ ...app, scmUrl: scm.url, timeoutSeconds: 2 }),
        [
          `stuck: ${scm.url}/api/publish?type=zip&async=true did not accept the zip within N s.`,
          "Last answer: 409 not now",
          "Check that the login that runs `pulumi up` is at least Contributor on the resource group and that the SCM " +
            "site is reachable from here (no access restriction). New role assignments take up to 10 minutes; then run `pulumi up` again.",
        ].join("\n"),
      );
    } finally {
      await scm.close();
    }
    await releaseGood(app, site);
  });

  test("an SCM site that accepts only the other audience's token gets that one", async () => {
    const { app, site } = await deployment("audience", answering());
    const refused = await appService.token("https://other.example");
    await releaseProvider.create({ ...app, tokens: { ...app.tokens, appService: refused } });
    await releaseGood(app, site);
  });
});

// After the others: a whole cloud takes the processor for some seconds, and their limits are short.
describe("the release against App Service and Azure Resource Manager", () => {
  test("an app whose host does not pick the push up is restarted through Azure Resource Manager, and runs it", async () => {
    for (const restartsToSeePush of [1, 2]) {
      const stubborn = await StubbornApp.open(restartsToSeePush);
      try {
        for (const greeting of ["first", "next"]) {
          const app = await stubborn.release(answering({ greeting }));
          await releaseApp(app, { ...defaultPace, restart: 2_000 });
          const health = await fetch(new URL("/healthz", app.appUrl));
          assert.deepEqual(await health.json(), { status: "ok", version: app.version });
        }
      } finally {
        await stubborn.close();
      }
      const restarts = lines.filter((line) => line.startsWith(`stubborn${restartsToSeePush}: restarted`));
      assert.equal(restarts.length, 2 * restartsToSeePush, restarts.join("\n"));
    }
  });

  test("an app that no restart brings up fails, and the error says that it was restarted", async () => {
    const stubborn = await StubbornApp.open(3);
    try {
      const app = await stubborn.release(answering());
      const release = releaseApp({ ...app, timeoutSeconds: limit }, { ...defaultPace, restart: 1_000 });
      await assert.rejects(
        release,
        /503 This app is not running\.\n[\s\S]*The app was restarted twice, which did not help/,
      );
    } finally {
      await stubborn.close();
    }
  });
});

/** An app in a local cloud whose host has the known fault: it needs restarts to see what was pushed. */
class StubbornApp {
  private constructor(
    private readonly own: OwnCloud,
    private readonly endpoint: ResourceManagerEndpoint,
    private readonly name: string,
    private readonly id: string,
  ) {}

  static async open(restartsToSeePush: number): Promise<StubbornApp> {
    const own = await OwnCloud.open({ azure: { restartsToSeePush } });
    const endpoint = await ResourceManagerEndpoint.open(own.cloud, own.resources);
    const name = `stubborn${restartsToSeePush}`;
    const inGroup = { resourceGroupName: "group", location: "westeurope", name };
    const plan = await own.make("web:AppServicePlan", "plan", { ...inGroup, reserved: true });
    const siteConfig = { linuxFxVersion: "NODE|22-lts", appCommandLine: "node index.js" };
    const inputs = { ...inGroup, kind: "app,linux", serverFarmId: plan.id, siteConfig };
    return new StubbornApp(own, endpoint, name, (await own.make("web:WebApp", "app", inputs)).id);
  }

  async release(code: string): Promise<App> {
    const { entra, operator } = this.own.cloud;
    const site = this.own.cloud.site(this.name);
    const tokenFor = async (audience: string) => (await entra.issue(operator, audience)).token;
    return {
      site: this.name,
      siteId: this.id,
      kind: "web",
      scmUrl: `https://${site.scmHostName}`,
      appUrl: `https://${site.hostName}`,
      resourceManager: this.endpoint.url,
      ...writeZip(this.name, code),
      tokens: {
        appService: await tokenFor("https://appservice.azure.com"),
        resourceManager: await tokenFor("https://management.azure.com"),
      },
      timeoutSeconds: 60,
    };
  }

  async close(): Promise<void> {
    await this.endpoint.close();
    await this.own.close();
  }
}

/** Code of an app whose version is that of its zip and which is ready, unless told otherwise. */
function answering({
  version,
  ready = true,
  greeting = "",
}: {
  version?: string;
  ready?: boolean;
  greeting?: string;
} = {}) {
  return `// ${greeting}
    const version = ${JSON.stringify(version ?? null)} ?? require("node:fs").readFileSync("version.txt", "utf8");
    require("node:http").createServer(({ url }, response) => {
      const answers = {
        "/healthz": [200, { status: "ok", version }],
        "/readyz": ${ready ? '[200, { status: "ready" }]' : '[503, { status: "not ready" }]'},
      };
      const [status, body] = answers[url] ?? [404, {}];
      response.writeHead(status).end(JSON.stringify(body));
    }).listen(process.env.PORT);`;
}

/** A new site and what is to be released to it. */
async function deployment(name: string, code: string, more: Partial<App> = {}): Promise<{ app: App; site: Site }> {
  const site = await appService.site(name);
  const app: App = {
    site: name,
    kind: "web",
    scmUrl: `https://${site.scmHostName}`,
    appUrl: `https://${site.hostName}`,
    ...writeZip(name, code),
    siteId: `/subscriptions/none/${name}`,
    resourceManager: "https://127.0.0.1:1",
    tokens: { resourceManager: await appService.token() },
    timeoutSeconds: limit,
    ...more,
  };
  return { app, site };
}

function writeZip(name: string, code: string): Pick<App, "package" | "version"> {
  const { zip, version } = makeZip(code);
  const file = path.join(appService.home, `${name}.zip`);
  writeFileSync(file, zip);
  return { package: file, version };
}

/** The message of the failed release, which must come within the app's limit and a little more; seconds as N. */
async function failureOf(app: App): Promise<string> {
  const began = performance.now();
  let message = "";
  await assert.rejects(releaseProvider.create(app), (error: Error) => {
    message = error.message;
    return true;
  });
  const seconds = (performance.now() - began) / 1000;
  assert.ok(seconds < app.timeoutSeconds + 10, `${seconds} s of ${app.timeoutSeconds} s`);
  for (const token of Object.values(app.tokens)) assert.ok(!message.includes(token), "no token in an error");
  return withoutSeconds(message);
}

async function releaseGood(app: App, site: Site): Promise<void> {
  const next = { ...app, ...writeZip(app.site, answering({ greeting: "good" })), timeoutSeconds: 60 };
  await releaseProvider.create(next);
  const health = await fetch(`https://${site.hostName}/healthz`);
  assert.deepEqual(await health.json(), { status: "ok", version: next.version });
}

function withoutSeconds(text: string): string {
  return text.replace(/\d+ s\b/g, "N s");
}

/** In front of the site's SCM site: answers these first, and then lets it answer. */
async function reluctant(site: Site, refusals: number[]): Promise<{ url: string; close(): Promise<void> }> {
  const { cert, key, ca } = appService.certificates;
  const proxy = createProxyServer({ target: `https://${site.scmHostName}`, ssl: { ca } });
  const server = createServer({ cert, key }, (request, response) => {
    const refusal = refusals.shift();
    if (!refusal) return void proxy.web(request, response);
    request.resume().on("end", () => response.writeHead(refusal).end("not now"));
  });
  return { url: `https://127.0.0.1:${await listen(server)}`, close: () => stop(server) };
}
