import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { connections } from "../../../cli/stack/connection";
import { publishConnection } from "../../../local/published-connection";
import type { StackDescription } from "../../../local/stack-description";

const description: StackDescription = {
  outputs: { queueUrl: "https://127.0.0.1:1/account/bot-queue", botName: "bot" },
  local: {
    page: "http://localhost:4001/",
    directLine: { domain: "http://localhost:4001/v3/directline", secret: "s", serviceUrl: "https://127.0.0.1:2/" },
    bot: "https://127.0.0.1:3",
    function: "https://127.0.0.1:4",
    queueService: "https://127.0.0.1:1/account/",
    tableService: "https://127.0.0.1:5/account/",
    vault: null,
    identity: { endpoint: "http://127.0.0.1:6/msi/token", header: "H", operatorClientId: "c" },
    caFile: "/tmp/ca.pem",
    processes: [],
  },
};

test("the operator's tool finds a stack by the file that the stack writes, until the stack removes it", (t) => {
  const folder = path.join(mkdtempSync(path.join(tmpdir(), "published-")), "stacks");
  t.after(() => rmSync(path.dirname(folder), { recursive: true }));
  const withdraw = publishConnection(description, folder);
  assert.deepEqual(connections(folder), [
    {
      pid: process.pid,
      page: "http://localhost:4001/",
      outputs: description.outputs,
      caFile: "/tmp/ca.pem",
      environment: { IDENTITY_ENDPOINT: "http://127.0.0.1:6/msi/token", IDENTITY_HEADER: "H", AZURE_CLIENT_ID: "c" },
      reference: { channelId: "directline", serviceUrl: "https://127.0.0.1:2/", bot: { id: "bot" } },
    },
  ]);
  const [file = ""] = readdirSync(folder);
  if (process.getuid) assert.equal(statSync(path.join(folder, file)).mode & 0o077, 0, "it has secrets");
  withdraw();
  assert.deepEqual(readdirSync(folder), []);
});

test("the files of killed stacks are removed", (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), "published-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const killed = path.join(folder, "99999999-4000.json");
  writeFileSync(killed, JSON.stringify({ pid: 99_999_999 }));
  publishConnection(description, folder);
  assert.equal(existsSync(killed), false);
});
