import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { generate } from "selfsigned";
import WebSocket from "ws";
import { eventually, World } from "./bot-service-world";

// Node reads the certificates that it trusts once, when it starts; so the test proper runs in a second process.
const tls = process.env.BOT_SERVICE_TEST_TLS;

if (tls) test("with the local certificate trusted, all of it works over TLS", () => roundTrip());
else test("over TLS, bot and service talk once the local certificate is trusted", () => runTrusting());

async function runTrusting(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bot-service-tls-"));
  try {
    const pems = await generate([{ name: "commonName", value: "127.0.0.1" }], {
      extensions: [
        { name: "basicConstraints", cA: true },
        { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] },
      ],
    });
    const caFile = join(folder, "ca.pem");
    await writeFile(caFile, pems.cert);
    // Without the variable of node:test, a test run within a test run would report to it instead of us.
    const { NODE_TEST_CONTEXT: _, ...inherited } = process.env;
    const env = {
      ...inherited,
      NODE_EXTRA_CA_CERTS: caFile,
      BOT_SERVICE_TEST_TLS: JSON.stringify({ cert: pems.cert, key: pems.private }),
    };
    const child = spawn(process.execPath, ["-r", "tsx/cjs", "--test-reporter=spec", __filename], { env });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
    const [code] = await once(child, "close");
    assert.equal(code, 0, output);
    assert.match(output, /pass 1/);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function roundTrip(): Promise<void> {
  const world = await World.start({ tls: JSON.parse(tls ?? "") });
  try {
    assert.match(world.base, /^https:/);
    const started = await world.startConversation();
    assert.match(started.streamUrl, /^wss:/);
    const texts: string[] = [];
    const socket = new WebSocket(started.streamUrl);
    socket.on("message", (data) => {
      for (const activity of JSON.parse(data.toString()).activities) texts.push(activity.text);
    });
    const posted = await world.post(started, { type: "message", from: { id: "anna" }, text: "hello" });
    assert.equal(posted.status, 200);
    await eventually("the reply", () => texts.length === 2);
    assert.deepEqual(texts, ["hello", "You said hello"]);
  } finally {
    world.stop();
  }
}
