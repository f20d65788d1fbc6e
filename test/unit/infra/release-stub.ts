import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { App, Pace } from "../../../infra/deploy/release/run";

export interface Reply {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** Never answer. */
  hang?: boolean;
}
/** Answers by "METHOD /path": a list is answered in order, its last entry for ever. A URL is the stub's own. */
export type Script = Record<string, Reply | Reply[] | ((url: string) => Reply)>;

export interface Seen {
  route: string;
  url: string;
  headers: http.IncomingHttpHeaders;
  body: string;
  at: number;
}

export interface Stub {
  app: App;
  seen: Seen[];
  count(route: string): number;
}

export const version = "1f".repeat(32);
export const oldVersion = "0e".repeat(32);
export const token = "eyJ-secret-token-of-the-deployer";
export const armToken = "eyJ-secret-token-for-resource-manager";
export const siteId = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Web/sites/bot-abc";
export const zipText = "PK: not really a zip";

/** Fast enough for tests; generous against a slow machine, because only orders of magnitude are asserted. */
export const hasty: Pace = {
  progress: 40,
  poll: 5,
  maxPoll: 20,
  backOff: 5,
  maxBackOff: 20,
  request: 2_000,
  upload: 2_000,
  unauthorizedGrace: 100,
  restart: 100,
};

/** A good run; tests replace single routes. */
export const wellBehaved: Script = {
  "POST /api/publish": { status: 202, headers: { location: "/api/deployments/latest?deployer=OneDeploy" } },
  "POST /api/zipdeploy": { status: 202, headers: { location: "/api/deployments/latest?deployer=Push-Deployer" } },
  "GET /api/deployments/latest": [
    { status: 202, body: { id: "temp-1", status: 1, progress: "Running build" } },
    { status: 200, body: { id: "d1", status: 4, complete: true } },
  ],
  "GET /healthz": { status: 200, body: { status: "ok", version } },
  "GET /readyz": { status: 200, body: { status: "ready" } },
};

/** Runs `use` against one server that is both the SCM site and the app. */
export async function withStub(script: Script, use: (stub: Stub) => Promise<void>): Promise<void> {
  const seen: Seen[] = [];
  const turns: Record<string, number> = {};
  const server = http.createServer(async (request, response) => {
    const at = Date.now();
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = request.url ?? "";
    const route = `${request.method} ${url.split("?")[0]}`;
    seen.push({ route, url, headers: request.headers, body: Buffer.concat(chunks).toString(), at });
    const turn = turns[route] ?? 0;
    turns[route] = turn + 1;
    const { status, body, headers, hang } = replyFor(script[route], turn, base(server));
    if (hang) return;
    response.writeHead(status, headers);
    response.end(typeof body === "string" ? body : JSON.stringify(body ?? ""));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  const zip = join(folder, "app.zip");
  writeFileSync(zip, zipText);
  const app: App = {
    site: "bot-abc",
    siteId,
    kind: "web",
    scmUrl: base(server),
    appUrl: base(server),
    resourceManager: base(server),
    package: zip,
    version,
    tokens: { appService: token, resourceManager: armToken },
    timeoutSeconds: 30,
  };
  try {
    await use({ app, seen, count: (route) => seen.filter((one) => one.route === route).length });
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  }
}

function base(server: http.Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function replyFor(scripted: Script[string] | undefined, turn: number, origin: string): Reply {
  if (!scripted) return { status: 404, body: "no such route" };
  if (typeof scripted === "function") return scripted(origin);
  if (!Array.isArray(scripted)) return scripted;
  return scripted[Math.min(turn, scripted.length - 1)] ?? { status: 500 };
}
