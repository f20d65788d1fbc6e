import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, mock, test } from "node:test";
import type { TurnContext } from "botbuilder";
import { generateKeyPair } from "jose";
import type { ChannelAdapter } from "../../../bot/channel/channel-adapter";
import type { ServiceHosts } from "../../../bot/channel/service-hosts";
import { openApi } from "../../../bot/notify/open-api";
import type { ServerParts } from "../../../bot/server";
import { type Dialogs, noDialogs } from "../../../bot/state/conversations";
import { Readiness } from "../../../core/health";
import type { Secret } from "../../../core/vault-secret";
import { bundle } from "../../../infra/deploy/package/bundle";
import { projectRoot } from "../../../infra/deploy/package/cache";
import { startChannel, type TestChannel } from "../helpers/channel";
import { fixedSecret, lostSecret, rotatingSecret } from "../helpers/secrets";

/** The parts of the bot as they are deployed: bundled and minified, beside a version.txt and a page. */
interface Bundled {
  createServer: typeof import("../../../bot/server").createServer;
  ChannelAdapter: new (...parts: ConstructorParameters<typeof ChannelAdapter>) => ChannelAdapter;
  ServiceHosts: new (hosts: string[]) => ServiceHosts;
  ForgedEventError: new (message: string) => Error;
  noDialogs: Dialogs;
}

const folder = mkdtempSync(join(tmpdir(), "bot-server-"));
const servers: Server[] = [];
const log = mock.method(console, "log", () => undefined);
mock.method(console, "error", () => undefined); // botbuilder reports bad tokens there

let bot: Bundled;
let channel: TestChannel;
let adapter: ChannelAdapter;
let directLine: {
  url: string;
  status: number;
  /** What it answers to any other key than this one, where a test gives one. */
  key?: string;
  refusal: number;
  asked: { authorization?: string; body: { user: { id: string } } }[];
};
let turn: (context: TurnContext) => Promise<void>;
/** What becomes of a notification. */
let take: (event: unknown) => Promise<string>;
let url: string;

before(async () => {
  const exports = [
    "bot/server",
    "bot/channel/channel-adapter",
    "bot/channel/service-hosts",
    "bot/state/conversations",
    "core/message/signed-event",
  ].map((name) => join(projectRoot, name));
  writeFileSync(join(folder, "parts.ts"), exports.map((path) => `export * from ${JSON.stringify(path)};`).join("\n"));
  writeFileSync(join(folder, "index.js"), (await bundle(projectRoot, join(folder, "parts.ts")))["index.js"]);
  writeFileSync(join(folder, "version.txt"), "abc123\n");
  mkdirSync(join(folder, "public"));
  cpSync(join(projectRoot, "bot/public/index.html"), join(folder, "public/index.html"));
  bot = require(join(folder, "index.js"));

  channel = await startChannel();
  adapter = new bot.ChannelAdapter(channel.settings, new bot.ServiceHosts([channel.host]));
  directLine = { url: "", status: 200, refusal: 403, asked: [] };
  directLine.url = await listen(
    createHttpServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body = JSON.parse(Buffer.concat(chunks).toString());
      directLine.asked.push({ authorization: request.headers.authorization, body });
      const isRefused = directLine.key && request.headers.authorization !== `Bearer ${directLine.key}`;
      const status = isRefused ? directLine.refusal : directLine.status;
      response.writeHead(request.url === "/v3/directline/tokens/generate" ? status : 404);
      response.end('{"token":"a token"}');
    }),
  );
  url = await start();
});
after(() => {
  channel?.close();
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  turn = async () => undefined;
  take = async () => "1";
  directLine.status = 200;
  directLine.key = undefined;
  directLine.asked = [];
  log.mock.resetCalls();
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function start(parts: Partial<ServerParts> = {}): Promise<string> {
  const ready = new Readiness([async () => undefined], assert.ifError);
  const turnHandler = { run: (context: TurnContext) => turn(context) } as ServerParts["turnHandler"];
  const notifications = { take: (event: unknown) => take(event) } as ServerParts["notifications"];
  const own = { adapter, turnHandler, notifications, dialogs: bot.noDialogs, readiness: ready, ...parts };
  return listen(createHttpServer(bot.createServer(own)));
}

function startWithChat(secret: Secret = fixedSecret("the direct line secret")): Promise<string> {
  return start({ webChat: { directLine: directLine.url, secret } });
}

async function post(body: unknown, headers: Record<string, string> = {}): Promise<{ status: number; error?: string }> {
  const response = await fetch(`${url}/api/messages`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  assert.equal(response.headers.get("x-powered-by"), null);
  return { status: response.status, error: text ? JSON.parse(text).error : undefined };
}

function logged(): string {
  return log.mock.calls.map((call) => String((call.arguments as unknown[])[0])).join("\n");
}

test("healthz says that it is up and which version it is", async () => {
  const response = await fetch(`${url}/healthz`);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { status: "ok", version: "abc123" });
});

test("readyz says whether what it depends on answers, and to strangers no more", async () => {
  const ready = await fetch(`${url}/readyz`);
  assert.deepEqual([ready.status, await ready.json()], [200, { status: "ready" }]);
  const problems: unknown[] = [];
  const broken = new Readiness(
    [() => Promise.reject(new Error("the queue")), async () => undefined, () => Promise.reject(new Error("the vault"))],
    (error) => problems.push(error),
  );
  const notReady = await fetch(`${await start({ readiness: broken })}/readyz`);
  assert.deepEqual([notReady.status, await notReady.json()], [503, { status: "not ready" }]);
  assert.deepEqual(problems.map(String), ["Error: the queue", "Error: the vault"], "all that is wrong is reported");
});

test("an activity of a channel runs a turn", async () => {
  const texts: string[] = [];
  turn = async ({ activity }) => void texts.push(activity.text);
  const authorization = await channel.token();
  assert.deepEqual(await post(channel.activity, { authorization }), { status: 200, error: undefined });
  assert.deepEqual(texts, ["hello"]);
});

test("whoever is no channel gets 401, whatever is wrong with the token, in the minified bundle too", async () => {
  let ran = 0;
  turn = async () => void ran++;
  const { privateKey } = await generateKeyPair("RS256");
  const alg = Buffer.from('{"alg":"none","kid":"known"}').toString("base64url");
  const good = await channel.token();
  const bad = [
    undefined,
    "",
    "Bearer garbage",
    `Bearer ${alg}.${good.split(".")[1]}.`,
    await channel.token({}, {}, privateKey),
    await channel.token({ exp: 1 }),
    await channel.token({ aud: "somebody else" }),
    await channel.token({ nbf: 9_999_999_999 }),
  ];
  for (const authorization of bad) {
    const answer = await post(channel.activity, authorization === undefined ? {} : { authorization });
    assert.deepEqual(answer, { status: 401, error: "Unauthorized" });
  }
  assert.equal(ran, 0);
  for (const token of bad.slice(4)) assert(!logged().includes(String(token).slice(7, 50)), "no token in the log");
});

test("a service that is not on the allow-list gets 403", async () => {
  const serviceUrl = "https://evil.example/";
  const authorization = await channel.token({ serviceurl: serviceUrl });
  assert.deepEqual(await post({ ...channel.activity, serviceUrl }, { authorization }), {
    status: 403,
    error: "Forbidden",
  });
});

test("what is not an activity gets 400, which says what is wrong", async () => {
  const { activity } = channel;
  const wrong: [unknown, string][] = [
    ["{", "not JSON"],
    ['"text"', "not JSON"],
    ["[]", "not an activity: the body is missing or not valid"],
    ["{}", "not an activity: type is missing or not valid"],
    [{ ...activity, type: 5 }, "not an activity: type is missing or not valid"],
    [{ ...activity, type: "" }, "not an activity: type is missing or not valid"],
    [{ ...activity, channelId: null }, "not an activity: channelId is missing or not valid"],
    [{ ...activity, serviceUrl: undefined }, "not an activity: serviceUrl is missing or not valid"],
    [{ ...activity, conversation: undefined }, "not an activity: conversation is missing or not valid"],
    [{ ...activity, conversation: { id: 7 } }, "not an activity: conversation.id is missing or not valid"],
  ];
  const authorization = "Bearer x.y.z";
  for (const [body, error] of wrong) {
    assert.deepEqual(await post(body, { authorization }), { status: 400, error });
    if (body !== "{" && body !== '"text"') assert.match(logged(), new RegExp(`"reason":"Error: ${error}"`));
    assert.deepEqual(await post(body), { status: 401, error: "Unauthorized" }, "a stranger does not learn it");
  }
  const asText = await post(activity, { authorization, "content-type": "text/plain" });
  assert.deepEqual(asText, { status: 400, error: "not an activity: the body is missing or not valid" });
});

test("a body that is too large gets 413, also when it unpacks to that", async () => {
  const authorization = "Bearer x.y.z";
  assert.deepEqual(await post({ ...channel.activity, text: "x".repeat(330_000) }, { authorization }), {
    status: 413,
    error: "Payload Too Large",
  });
  const { gzipSync } = await import("node:zlib");
  const response = await fetch(`${url}/api/messages`, {
    method: "POST",
    headers: { authorization, "content-type": "application/json", "content-encoding": "gzip" },
    body: gzipSync(JSON.stringify({ ...channel.activity, text: "x".repeat(1_000_000) })),
  });
  assert.equal(response.status, 413);
});

test("a turn that fails gets 500 without its reason, which the log has", async () => {
  turn = () => Promise.reject(new Error("an ulterior motive"));
  const authorization = await channel.token();
  assert.deepEqual(await post(channel.activity, { authorization }), { status: 500, error: "Internal Server Error" });
  assert.match(
    logged(),
    /"level":"error","event":"request failed","path":"\/api\/messages","status":500.*an ulterior motive/,
  );
});

test("an event that the function signed with another secret gets 403 without its reason, which the log has", async () => {
  turn = () => Promise.reject(new bot.ForgedEventError("No matching signature found"));
  const authorization = await channel.token();
  assert.deepEqual(await post(channel.activity, { authorization }), { status: 403, error: "Forbidden" });
  assert.match(logged(), /"level":"warn","event":"request failed".*"status":403.*No matching signature found/);
});

test("whatever is posted, the answer is not 500, and the server stays up", async () => {
  const values = [null, 0, "", "x", [], {}, { id: "" }, { id: {} }, "https://x", "__proto__", "constructor", true];
  const pick = () => values[Math.floor(Math.random() * values.length)];
  for (let i = 0; i < 60; i++) {
    const body = {
      type: pick(),
      channelId: pick(),
      serviceUrl: pick(),
      conversation: pick(),
      from: pick(),
      text: pick(),
    };
    const { status } = await post(body, { authorization: String(pick()).replace(/[^ -~]/g, "") });
    assert([400, 401].includes(status), `${status} for ${JSON.stringify(body)}`);
  }
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
});

test("the chat page and its token are there only when they are wanted", async () => {
  for (const [path, method] of [
    ["/", "GET"],
    ["/index.html", "GET"],
    ["/api/directline/token", "POST"],
  ] as const) {
    assert.equal((await fetch(url + path, { method })).status, 404, path);
  }
  const page = await fetch(`${await startWithChat()}/`);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<script src="webchat\.js"/);
  assert.equal(page.headers.get("x-content-type-options"), "nosniff");
  assert.match(page.headers.get("content-security-policy") ?? "", /frame-ancestors 'none'/);
});

test("nothing but the page's own files is served", async () => {
  const chat = await startWithChat();
  for (const path of [
    "/index.js",
    "/../version.txt",
    "/..%2fversion.txt",
    "/%2e%2e/index.js",
    "/public/index.html",
    "/.env",
  ]) {
    assert.equal((await fetch(chat + path)).status, 404, path);
  }
});

test("a chat gets a token for a user id of its own, and never the secret", async () => {
  const chat = await startWithChat();
  const ids = new Set<string>();
  for (let i = 0; i < 3; i++) {
    const response = await fetch(`${chat}/api/directline/token`, { method: "POST", body: '{"user":{"id":"me"}}' });
    const answer = (await response.json()) as { token: string; userId: string; domain: string };
    assert.deepEqual(Object.keys(answer), ["token", "userId", "domain"]);
    assert.equal(answer.token, "a token");
    assert.match(answer.userId, /^dl_[0-9a-f-]{36}$/);
    assert.equal(answer.domain, `${directLine.url}/v3/directline`);
    ids.add(answer.userId);
  }
  assert.equal(ids.size, 3);
  assert.deepEqual(new Set(directLine.asked.map(({ body }) => body.user.id)), ids);
  assert.equal(directLine.asked[0]?.authorization, "Bearer the direct line secret");
  assert.equal((await fetch(`${chat}/api/directline/token`)).status, 404, "a link or an image cannot ask for one");
});

test("without a token from Direct Line the chat learns that it failed, and nothing else", async () => {
  directLine.status = 403;
  const response = await fetch(`${await startWithChat()}/api/directline/token`, { method: "POST" });
  assert.deepEqual([response.status, await response.json()], [500, { error: "Internal Server Error" }]);
  assert.match(logged(), /Direct Line gave no token: 403/);
  assert.doesNotMatch(logged(), /the direct line secret/);
});

test("after Direct Line's key was rotated a chat gets its token with the newer one, which is used from then on", async () => {
  for (const refusal of [401, 403]) {
    Object.assign(directLine, { key: "newer key", refusal, asked: [] });
    const secret = rotatingSecret(["older key", "newer key"]);
    const chat = await startWithChat(secret);
    for (let i = 0; i < 2; i++) {
      const response = await fetch(`${chat}/api/directline/token`, { method: "POST" });
      const { token, userId } = (await response.json()) as { token: string; userId: string };
      assert.deepEqual([response.status, token], [200, "a token"]);
      assert.equal(directLine.asked.at(-1)?.body.user.id, userId);
    }
    assert.deepEqual(
      directLine.asked.map(({ authorization }) => authorization),
      ["Bearer older key", "Bearer newer key", "Bearer newer key"],
    );
    assert.equal(secret.renewals, 1);
  }
});

test("a key that is refused again is not tried for ever, and for no other failure a newer one is asked for", async () => {
  Object.assign(directLine, { key: "another key", refusal: 403 });
  const rotated = rotatingSecret(["older key", "newer key", "newest key"]);
  assert.equal((await fetch(`${await startWithChat(rotated)}/api/directline/token`, { method: "POST" })).status, 500);
  assert.deepEqual([directLine.asked.length, rotated.renewals], [2, 1]);
  for (const refusal of [400, 429, 500, 503]) {
    Object.assign(directLine, { refusal, asked: [] });
    const secret = rotatingSecret(["older key", "another key"]);
    assert.equal((await fetch(`${await startWithChat(secret)}/api/directline/token`, { method: "POST" })).status, 500);
    assert.deepEqual([directLine.asked.length, secret.renewals], [1, 0]);
  }
  assert.doesNotMatch(logged(), /older key|newer key|newest key|another key/);
});

test("without Direct Line's key the chat learns that it failed, and nothing else", async () => {
  const response = await fetch(`${await startWithChat(lostSecret())}/api/directline/token`, { method: "POST" });
  assert.deepEqual([response.status, await response.json()], [500, { error: "Internal Server Error" }]);
  assert.match(logged(), /VaultError: the vault answered 503/);
  assert.equal(directLine.asked.length, 0);
});

test("one address gets twenty tokens a minute, on whatever port it comes, and others are not kept waiting", async () => {
  const chat = await startWithChat();
  const ask = async (from: string) => {
    const headers = { "x-forwarded-for": from };
    return (await fetch(`${chat}/api/directline/token`, { method: "POST", headers })).status;
  };
  const ports = Array.from({ length: 20 }, (_, i) => 50_000 + i);
  assert.deepEqual(new Set(await Promise.all(ports.map((port) => ask(`203.0.113.7:${port}`)))), new Set([200]));
  for (const from of ["203.0.113.7:1", "203.0.113.7", "198.51.100.1, 203.0.113.7:2"])
    assert.equal(await ask(from), 429, from);
  assert.equal(await ask("203.0.113.8:50000"), 200);
  assert.equal(await ask("203.0.113.7, 203.0.113.9:50000"), 200, "only the front end's own entry counts");
  await Promise.all(ports.map((port) => ask(`[2001:db8::${port % 100}]:${port}`)));
  assert.equal(await ask("[2001:db8::1]:1"), 429, "an IPv6 subscriber has a whole network of addresses");
  assert.equal(directLine.asked.length, 42);
});

test("the custom API is there, and its document, in the minified bundle too", async () => {
  assert.deepEqual(
    await (await fetch(`${url}/api/openapi.json`)).json(),
    JSON.parse(JSON.stringify(openApi(noDialogs))),
  );

  let taken: object = {};
  take = async (event) => {
    taken = event as object;
    return "an id";
  };
  const event = { "webhook-id": "1", "webhook-timestamp": "2", "webhook-signature": "3" };
  const send = () => fetch(`${url}/api/notify`, { method: "POST", headers: event, body: "a body" });
  const response = await send();
  assert.deepEqual([response.status, await response.json()], [202, { id: "an id" }]);
  assert.deepEqual({ ...taken, ...event, Message: "a body" }, taken);
  take = () => Promise.reject(new bot.ForgedEventError("No matching signature found"));
  assert.equal((await send()).status, 401);
  assert.equal((await fetch(`${url}/api/notify`)).status, 405);
});
