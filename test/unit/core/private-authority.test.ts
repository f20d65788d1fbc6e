import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import type { TokenCredential } from "@azure/identity";
import { MessageQueue } from "../../../core/queue/message-queue";
import { PoisonQueue } from "../../../core/queue/poison-queue";
import { Table } from "../../../core/tables/table";
import { type Certificates, makeCertificates } from "../../../local/certificates";
import { listen, stop } from "../../../local/listen";

const home = mkdtempSync(path.join(tmpdir(), "authority-"));
const requests: string[] = [];
const server = createServer();
const credential: TokenCredential = {
  getToken: async () => ({ token: "t", expiresOnTimestamp: Date.now() + 3_600_000 }),
};
let certificates: Certificates;
let url: string;
before(async () => {
  certificates = await makeCertificates(home);
  server.setSecureContext(certificates);
  server.on("request", (request, response) => {
    requests.push(request.url ?? "");
    response.writeHead(403).end();
  });
  url = `https://127.0.0.1:${await listen(server)}`;
});
after(async () => {
  await stop(server);
  rmSync(home, { recursive: true });
});

/** A request of each client. @param account tells the requests of one test from those of another */
function clients(account: string, tls?: { ca: string }): Record<string, () => Promise<unknown>> {
  const at = `${url}/${account}`;
  return {
    "the queue": () => new MessageQueue(`${at}/q`, credential, tls).checkAccess(),
    "the poison queue": () => new PoisonQueue(`${at}/q`, credential, tls).count(),
    "a table": () => new Table(at, "deliveries", credential, tls).get({ partitionKey: "p", rowKey: "r" }),
  };
}

/** The requests that a client gets through to the server, which refuses all. */
async function requestsOf(name: string, account: string, tls?: { ca: string }): Promise<string[]> {
  await assert.rejects(clients(account, tls)[name]?.() ?? assert.fail());
  return requests.filter((path) => path.startsWith(`/${account}/`));
}

for (const [place, name] of Object.keys(clients("")).entries()) {
  test(`${name} sends nothing to a server whose authority it does not know`, async () => {
    assert.deepEqual(await requestsOf(name, `unknown${place}`), []);
  });

  test(`${name} trusts the authority that it is given`, async () => {
    assert.notDeepEqual(await requestsOf(name, `known${place}`, { ca: certificates.ca }), []);
  });
}
