import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type QueueClient, QueueServiceClient } from "@azure/storage-queue";
import { generate } from "selfsigned";
import { withExactText } from "../../../core/queue/queue-text";

/** Azurite's queue service over https with OAuth, and a managed-identity endpoint that it trusts. */
export interface TestQueues {
  serviceUri: string;
  caFile: string;
  identity: { endpoint: string; header: string; clientId: string };
  /** While true the service answers 403 to everyone but the test itself, as while a role propagates. */
  denied: boolean;
  queue(name: string): QueueClient;
  close(): Promise<void>;
}

interface AzuriteServer {
  gcManager: { gcIntervalInMS: number };
  httpServer: Server;
  start(): Promise<void>;
  close(): Promise<void>;
}

const tester = "the-test";
const host = "0f4b1d2e-5a66-4c1c-9d0b-3f6c8a7e9b10"; // The client id of the host's identity.

export async function startTestQueues(): Promise<TestQueues> {
  const folder = mkdtempSync(join(tmpdir(), "test-queues-"));
  const certificate = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    keyType: "ec",
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] }],
  });
  const [caFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  writeFileSync(caFile, certificate.cert);
  writeFileSync(keyFile, certificate.private);

  const azurite = await startAzurite(caFile, keyFile);
  const identity = await startIdentityEndpoint();
  const { port } = azurite.httpServer.address() as AddressInfo;
  const serviceUri = `https://127.0.0.1:${port}/devstoreaccount1`;
  const credential = { getToken: async () => ({ token: token(tester), expiresOnTimestamp: Date.now() + 3_600_000 }) };
  const options = { tlsOptions: { ca: certificate.cert } } as object;
  const service = withExactText(new QueueServiceClient(serviceUri, credential, options));
  const queues: TestQueues = {
    serviceUri,
    caFile,
    identity: {
      endpoint: `http://127.0.0.1:${(identity.address() as AddressInfo).port}/token`,
      header: "secret",
      clientId: host,
    },
    denied: false,
    queue: (name) => service.getQueueClient(name),
    close: async () => {
      identity.close();
      identity.closeAllConnections();
      azurite.httpServer.closeAllConnections();
      await azurite.close();
      rmSync(folder, { recursive: true });
    },
  };
  denyOnRequest(azurite.httpServer, (request) => queues.denied && subject(request) !== tester);
  return queues;
}

async function startAzurite(cert: string, key: string): Promise<AzuriteServer> {
  const { default: Configuration } = require("azurite/dist/src/queue/QueueConfiguration");
  const { default: QueueServer } = require("azurite/dist/src/queue/QueueServer");
  const tls = [cert, key, "", "basic"];
  const storage = ["", "", []];
  const server: AzuriteServer = new QueueServer(
    new Configuration(
      "127.0.0.1",
      0,
      5,
      ...storage,
      false,
      undefined,
      false,
      undefined,
      false,
      true,
      ...tls,
      false,
      true,
    ),
  );
  server.gcManager.gcIntervalInMS = 2 ** 31 - 1; // Its collection blocks the event loop for seconds.
  await server.start();
  return server;
}

async function startIdentityEndpoint(): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const known = request.headers["x-identity-header"] === "secret" && url.searchParams.get("client_id") === host;
    response.setHeader("content-type", "application/json");
    if (!known) return response.writeHead(401).end('{"error":"invalid_request","error_description":"unknown"}');
    const expires = Math.floor(Date.now() / 1000) + 86_400;
    response.end(JSON.stringify({ access_token: token(host), expires_on: String(expires), token_type: "Bearer" }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** Azurite checks dates, issuer and audience of a token, not its signature. */
function token(sub: string): string {
  const now = Math.floor(Date.now() / 1000);
  const dates = { iat: now, nbf: now - 300, exp: now + 86_400 };
  const claims = { aud: "https://storage.azure.com", iss: "https://sts.windows.net/tenant/", sub, ...dates };
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${encode({ alg: "none", typ: "JWT" })}.${encode(claims)}.`;
}

function subject(request: IncomingMessage): string | undefined {
  const claims = request.headers.authorization?.split(".")[1];
  return claims && JSON.parse(Buffer.from(claims, "base64url").toString()).sub;
}

function denyOnRequest(server: Server, denied: (request: IncomingMessage) => boolean | undefined): void {
  const [inner] = server.listeners("request") as ((request: IncomingMessage, response: ServerResponse) => void)[];
  server.removeAllListeners("request");
  server.on("request", (request, response) => {
    if (!denied(request)) return inner?.(request, response);
    const code = "AuthorizationPermissionMismatch";
    response.writeHead(403, { "x-ms-error-code": code, "content-type": "application/xml" });
    response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>Not authorized.</Message></Error>`);
  });
}
