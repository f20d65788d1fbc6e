import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, realpathSync } from "node:fs";
import { request } from "node:https";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { strToU8, zipSync } from "fflate";
import { decodeJwt } from "jose";
import { ScmSite } from "../../../local/app-service/scm-site";
import type { Site } from "../../../local/app-service/site";
import { Entra } from "../../../local/identity/entra";
import { makePrincipal } from "../../../local/identity/principal";
import { askApp, makeZip, OwnAppService } from "../../harness/own-app-service";

/** An app that tells all that it knows. */
const code = `
  const { readdirSync } = require("node:fs");
  require("node:http").createServer((request, response) => {
    if (request.url === "/hang-up") return request.socket.destroy();
    if (request.url === "/exit") process.exit(3);
    if (request.url === "/early") {
      let size = 0;
      return request.on("data", (chunk) => {
        size += chunk.length;
        if (size > 64 * 1024 && !response.headersSent) response.writeHead(413).end();
      });
    }
    if (request.url === "/half") {
      response.write("the first half, ");
      return setTimeout(() => request.socket.destroy(), 50);
    }
    const { env, pid } = process;
    const files = readdirSync(".", { recursive: true }).sort();
    response.end(JSON.stringify({ headers: request.headers, env, pid, cwd: process.cwd(), files }));
  }).listen(process.env.PORT);`;
const mirror = zipOf({ "index.js": code });

interface Mirrored {
  headers: Record<string, string>;
  env: Record<string, string>;
  pid: number;
  cwd: string;
  files: string[];
}

/** What the platform gives an app by itself: learn.microsoft.com/azure/app-service/reference-app-settings. */
const documented = [
  "HOME",
  "IDENTITY_ENDPOINT",
  "IDENTITY_HEADER",
  "PATH",
  "PORT",
  "WEBSITE_HOSTNAME",
  "WEBSITE_INSTANCE_ID",
  "WEBSITE_SITE_NAME",
];
/** Here only: makes node trust this machine's own authority. */
const ours = "NODE_EXTRA_CA_CERTS";

const [bot, stranger] = [makePrincipal("bot"), makePrincipal("stranger")];
let appService: OwnAppService;
let site: Site;
before(async () => {
  process.env.SECRET_OF_THE_TEST = "the apps must not see this";
  appService = await OwnAppService.open();
  site = await appService.site("mirror", [bot]);
  await site.configure({ GREETING: "hello" });
  await site.deploy(Buffer.from(mirror));
});
after(() => appService.close());

async function look(init?: RequestInit): Promise<Mirrored> {
  return (await (await askApp(site, "/", init)).json()) as Mirrored;
}

test("the front end speaks https and tells the app who called, with which scheme and host", async () => {
  const { headers } = await look();
  assert.match(headers["x-forwarded-for"] ?? "", /^127\.0\.0\.1:\d+$/);
  assert.equal(headers["x-forwarded-proto"], "https");
  assert.equal(headers["x-forwarded-host"], site.hostName);
  assert.equal(headers.host, site.hostName);
  await assert.rejects(fetch(`http://${site.hostName}/`), "not without TLS");
});

test("a caller cannot pass for another by claiming so", async () => {
  const claims = { "x-forwarded-for": "10.0.0.1", "x-forwarded-proto": "http", "x-forwarded-host": "evil.example" };
  const { headers } = await look({ headers: claims });
  assert.match(headers["x-forwarded-for"] ?? "", /^10\.0\.0\.1, 127\.0\.0\.1:\d+$/);
  assert.equal(headers["x-forwarded-proto"], "https");
  assert.equal(headers["x-forwarded-host"], site.hostName);
});

test("an app that is not there is a 503, one that hangs up a 502", async () => {
  const empty = await appService.site("empty");
  assert.equal((await fetch(`https://${empty.hostName}/`)).status, 503);
  await look();
  assert.equal((await fetch(`https://${site.hostName}/hang-up`)).status, 502);
  assert.equal((await fetch(`https://${site.hostName}/`)).status, 200, "that hurt nobody else");
});

test("an answer that the app does not finish is not passed off as whole", async () => {
  await look();
  const answer = await fetch(`https://${site.hostName}/half`);
  await assert.rejects(answer.text(), /terminated/);
});

test("an answer before the end of an endless request reaches its caller, every time", async () => {
  await look();
  for (let i = 0; i < 20; i++) {
    const endless = request(`https://${site.hostName}/early`, { method: "POST" }).on("error", () => {});
    const answered = once(endless, "response");
    const more = setInterval(() => endless.write("x".repeat(8 * 1024)), 1);
    const [{ statusCode }] = await answered.finally(() => clearInterval(more));
    endless.destroy();
    assert.equal(statusCode, 413);
  }
});

test("the app sees its settings, what the platform documents and nothing else", async () => {
  await site.configure({ GREETING: "hello", QUEUE_URL: "https://example.com/q" });
  const { env } = await look();
  assert.deepEqual(Object.keys(env).sort(), [...documented, "GREETING", ours, "QUEUE_URL"].sort());
  assert.equal(env.WEBSITE_SITE_NAME, "mirror");
  assert.equal(env.WEBSITE_HOSTNAME, site.hostName);
  assert.equal(env.HOME, appService.home);
  assert.equal(env.NODE_EXTRA_CA_CERTS, appService.certificates.caFile);
});

test("new settings replace the old ones, in a new process", async () => {
  await site.configure({ OLD: "1", BOTH: "1" });
  const before = await look();
  assert.equal(before.env.OLD, "1");
  await site.configure({ NEW: "2", BOTH: "2" });
  const { env, pid } = await look();
  assert.deepEqual([env.OLD, env.BOTH, env.NEW], [undefined, "2", "2"]);
  assert.notEqual(pid, before.pid);
  assert.throws(() => process.kill(before.pid, 0), "the old process is gone");
});

test("an app that ends by itself is reported, and new settings bring it back", { timeout: 60_000 }, async () => {
  await look();
  await fetch(`https://${site.hostName}/exit`);
  while (!appService.lines.includes("mirror ended with exit code 3")) await sleep(10);
  const answer = await fetch(`https://${site.hostName}/`);
  assert.deepEqual([answer.status, await answer.text()], [503, "This app is not running."]);
  await site.configure({});
  assert.ok((await look()).pid);
});

test("where crashes are healed, a killed app answers again, until its site is closed", {
  timeout: 60_000,
}, async () => {
  const healed = await appService.site("healed", [], { restartsCrashed: true });
  const deaths = () => appService.lines.filter((line) => line === "healed was killed by SIGKILL").length;
  const kill = async (pid: number) => {
    const before = deaths();
    process.kill(pid, "SIGKILL");
    while (deaths() === before) await sleep(10);
  };
  await healed.deploy(Buffer.from(mirror));
  const first = (await (await askApp(healed)).json()) as Mirrored;
  await kill(first.pid);
  const second = (await (await askApp(healed)).json()) as Mirrored;
  assert.notEqual(second.pid, first.pid);
  await kill(second.pid);
  await healed.restart();
  const third = healed.pid;
  assert.ok(third, "a change does not wait for the pause");
  await sleep(2_500);
  assert.equal(healed.pid, third, "and the pause's end changes nothing any more");
  await kill(third);
  await healed.close();
  await sleep(1_500);
  assert.equal(healed.pid, undefined);
});

test("a site of several instances gives each request to the next one, and scaling touches only those that come or go", async () => {
  const scaled = await appService.site("scaled", [], { instances: 2 });
  await scaled.deploy(Buffer.from(mirror));
  const pids = () => scaled.instances.map(({ pid }) => pid);
  const [one, two] = pids();
  assert.ok(one && two && one !== two);
  const answers = async (count: number) => {
    const seen: Mirrored[] = [];
    for (let i = 0; i < count; i++) seen.push((await (await askApp(scaled)).json()) as Mirrored);
    return seen;
  };
  const known = (): Promise<boolean> => answers(2).then((seen) => new Set(seen.map(({ pid }) => pid)).size === 2);
  while (!(await known())) await sleep(10); // until both listen
  const [first, second, third] = await answers(3);
  assert.equal(first?.pid, third?.pid);
  assert.deepEqual([first?.pid, second?.pid].sort(), [one, two].sort());
  assert.notEqual(first?.env.WEBSITE_INSTANCE_ID, second?.env.WEBSITE_INSTANCE_ID);

  await scaled.scale(3);
  assert.deepEqual(pids().slice(0, 2), [one, two]);
  assert.equal(pids().length, 3);
  await scaled.scale(1);
  assert.deepEqual(pids(), [one]);
  assert.throws(() => process.kill(two, 0), "the other process is gone");
  const alone = await answers(2);
  assert.deepEqual(
    alone.map(({ pid }) => pid),
    [one, one],
  );
  await scaled.close();
});

test("an app gets tokens for its own identity, and for no other", async () => {
  const { env } = await look();
  const { IDENTITY_ENDPOINT: endpoint = "", IDENTITY_HEADER: header = "" } = env;
  const ask = (query: string, headers: HeadersInit = { "x-identity-header": header }) =>
    fetch(`${endpoint}?api-version=2019-08-01${query}`, { headers });
  const resource = "&resource=https://vault.azure.net";

  const answer = await ask(`${resource}&client_id=${bot.clientId}`);
  assert.equal(answer.status, 200);
  const given = (await answer.json()) as { access_token: string; client_id: string };
  assert.equal(given.client_id, bot.clientId);
  const { aud, appid, oid } = decodeJwt(given.access_token);
  assert.deepEqual({ aud, appid, oid }, { aud: "https://vault.azure.net", appid: bot.clientId, oid: bot.objectId });

  const refusals: [string, HeadersInit | undefined, number][] = [
    [`${resource}&client_id=${stranger.clientId}`, undefined, 400],
    [resource, undefined, 400], // user-assigned identities have to be named
    [`&client_id=${bot.clientId}`, undefined, 400],
    [`${resource}&client_id=${bot.clientId}`, {}, 401],
    [`${resource}&client_id=${bot.clientId}`, { "x-identity-header": "guessed" }, 401],
  ];
  for (const [query, headers, status] of refusals) assert.equal((await ask(query, headers)).status, status, query);
});

test("the secret of one app opens nothing of another's", async () => {
  const other = await appService.site("other", [stranger]);
  await other.deploy(Buffer.from(mirror));
  const theirs = ((await (await askApp(other)).json()) as Mirrored).env;
  const mine = (await look()).env;
  assert.notEqual(theirs.IDENTITY_HEADER, mine.IDENTITY_HEADER);
  const url = `${mine.IDENTITY_ENDPOINT}?resource=https://vault.azure.net&client_id=${bot.clientId}`;
  const answer = await fetch(url, { headers: { "x-identity-header": theirs.IDENTITY_HEADER ?? "" } });
  assert.equal(answer.status, 400);
  await other.close();
});

test("the SCM site takes nothing without a token for App Service", async (t) => {
  const other = await Entra.open();
  const foreign = (await other.issue(makePrincipal("operator"), "https://appservice.azure.com")).token;
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() - 25 * 60 * 60 * 1000 });
  const expired = await appService.token();
  t.mock.timers.reset();
  const refused = {
    nothing: undefined,
    "a password": `Basic ${btoa("user:password")}`,
    garbage: "Bearer garbage",
    "an empty token": "Bearer ",
    "a token for Azure Resource Manager": `Bearer ${await appService.token("https://management.azure.com")}`,
    "an expired token": `Bearer ${expired}`,
    "another directory's token": `Bearer ${foreign}`,
  };
  const { pid } = await look();
  for (const [what, authorization] of Object.entries(refused)) {
    for (const [method, url] of [
      ["POST", "/api/publish?type=zip&async=true"],
      ["POST", "/api/zipdeploy?isAsync=true"],
      ["GET", "/api/deployments/latest"],
      ["GET", "/api/deployments/latest/log"],
    ] as const) {
      const headers = { "content-type": "application/zip", ...(authorization && { authorization }) };
      const answer = await fetch(`https://${site.scmHostName}${url}`, {
        method,
        headers,
        ...(method === "POST" && { body: mirror }),
      });
      assert.equal(answer.status, 401, `${method} ${url} with ${what}`);
    }
  }
  assert.equal((await look()).pid, pid, "nothing was deployed");
});

test("a pushed zip is accepted, extracted to wwwroot and started there, and its deployment told", async () => {
  const { cwd: old } = await look();
  const accepted = await push(zipOf({ "index.js": code, "empty/": "", "public/": "", "public/index.html": "<p>" }));
  assert.equal(accepted.status, 202);
  const location = accepted.headers.get("location") ?? "";
  assert.match(location, /^\/api\/deployments\/[0-9a-f-]{36}$/);
  const { answer, deployment } = await untilComplete(location);
  assert.equal(answer.status, 200);
  assert.deepEqual(deployment, { id: path.basename(location), status: 4, status_text: "", complete: true });
  assert.deepEqual(await logOf(location), ["Deployment successful."]);

  const { cwd, files } = await look();
  assert.notEqual(cwd, old);
  assert.equal(path.dirname(cwd), realpathSync(appService.home));
  assert.deepEqual(files, ["empty", "index.js", "public", "public/index.html"]);
});

test("a zip that reaches out of its folder is refused, and what ran before runs on", async () => {
  const { pid } = await look();
  for (const name of ["../escaped.js", "public/../../escaped.js"]) {
    const accepted = await push(zipOf({ "index.js": code, [name]: "evil" }));
    const location = accepted.headers.get("location") ?? "";
    const { deployment } = await untilComplete(location);
    assert.equal(deployment.status, 3);
    assert.equal(deployment.status_text, `The zip contains ${name}, which is outside of the target folder.`);
    assert.deepEqual(await logOf(location), [deployment.status_text]);
  }
  assert.equal(existsSync(path.join(appService.home, "escaped.js")), false);
  assert.equal((await look()).pid, pid);
});

test("a deployment that nobody made is a 404", async () => {
  assert.equal((await askScm("/api/deployments/none")).status, 404);
});

test("a push during another one is a 409, and counts for nothing", async (t) => {
  const works: (() => void)[] = [];
  const { certificates } = appService;
  const deploy = () => new Promise<void>((resolve) => works.push(resolve));
  const scm = await ScmSite.open({ certificates, authorize: async () => {}, deploy });
  t.after(() => scm.close());
  const host = scm.hostName;
  assert.equal((await push(mirror, host)).status, 202);
  assert.equal((await askScm("/api/deployments/latest", {}, host)).status, 202);
  assert.equal((await push(mirror, host)).status, 409);
  assert.equal(works.length, 1);
  works[0]?.();
  assert.equal((await untilComplete("/api/deployments/latest", host)).answer.status, 200);
  assert.equal((await push(mirror, host)).status, 202);
});

async function askScm(url: string, init: RequestInit = {}, host = site.scmHostName): Promise<Response> {
  const headers = { authorization: `Bearer ${await appService.token()}`, ...init.headers };
  return fetch(`https://${host}${url}`, { ...init, headers });
}

function push(zip: Uint8Array<ArrayBuffer>, host?: string): Promise<Response> {
  const headers = { "content-type": "application/zip" };
  return askScm("/api/publish?type=zip&async=true", { method: "POST", headers, body: zip }, host);
}

async function untilComplete(url: string, host?: string) {
  for (;;) {
    const answer = await askScm(url, {}, host);
    const deployment = (await answer.json()) as { status: number; status_text: string; complete: boolean };
    if (deployment.complete) return { answer, deployment };
    assert.equal(answer.status, 202, "not complete yet");
    await sleep(5);
  }
}

async function logOf(location: string): Promise<string[]> {
  const entries = (await (await askScm(`${location}/log`)).json()) as { message: string }[];
  return entries.map(({ message }) => message);
}

function zipOf(files: Record<string, string>): Uint8Array<ArrayBuffer> {
  return zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));
}

test("a host with the known fault runs a push only after as many restarts as it needs", async () => {
  const says = (text: string) =>
    makeZip(`require("node:http").createServer((_, response) => response.end("${text}")).listen(process.env.PORT);`)
      .zip;
  const blind = await appService.site("blind", [], { restartsToSeePush: 2 });
  await blind.deploy(says("one"));
  assert.equal((await fetch(`https://${blind.hostName}/`)).status, 503);
  await blind.restart();
  assert.equal(blind.pid, undefined, "nothing runs yet");
  await blind.restart();
  assert.equal(await (await askApp(blind)).text(), "one");
  await blind.deploy(says("two"));
  assert.equal(await (await askApp(blind)).text(), "one");
  await blind.restart();
  assert.equal(await (await askApp(blind)).text(), "one");
  await blind.restart();
  assert.equal(await (await askApp(blind)).text(), "two");
});
