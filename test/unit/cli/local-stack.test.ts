import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { localStack } from "../../../cli/stack/local-stack";

const folder = mkdtempSync(path.join(tmpdir(), "connections-"));
after(() => rmSync(folder, { recursive: true }));

/** A connection file as docs/local.md describes it. */
function write(name: string, pid: number, port: number): void {
  const caFile = path.join(folder, "ca.pem");
  writeFileSync(caFile, "an authority");
  const connection = {
    pid,
    page: `http://localhost:${port}/`,
    outputs: { queueUrl: "https://q/bot-queue", tableServiceUrl: "https://t/", sendsPerSecond: 40 },
    caFile,
    environment: { IDENTITY_ENDPOINT: "http://127.0.0.1:1/", IDENTITY_HEADER: "h", AZURE_CLIENT_ID: "c" },
    reference: { channelId: "directline", serviceUrl: "https://127.0.0.1:1/", bot: { id: "bot" } },
  };
  writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(connection));
}

test("a stack that was killed is none, nor is a file that is not one, nor a folder that does not exist", () => {
  write("killed", 99_999_999, 1);
  writeFileSync(path.join(folder, "half.json"), '{"outp');
  writeFileSync(path.join(folder, "other.json.new"), "{}");
  assert.equal(localStack(undefined, folder), undefined);
  assert.equal(localStack(undefined, path.join(folder, "nowhere")), undefined);
  assert.throws(() => localStack("4003", folder), /No stack has its page on port 4003\. No stack is running\./);
});

test("one stack is found by itself, and of several the one whose port is named", () => {
  write("a", process.pid, 4001);
  const stack = localStack(undefined, folder);
  assert.equal(stack?.name, "local (http://localhost:4001/)");
  assert.equal(stack.queueUrl, "https://q/bot-queue");
  assert.deepEqual(stack.tls, { ca: "an authority" });
  assert.deepEqual(stack.referenceTo?.("c1"), {
    channelId: "directline",
    serviceUrl: "https://127.0.0.1:1/",
    bot: { id: "bot" },
    conversation: { id: "c1" },
  });
  write("b", process.pid, 4002);
  assert.throws(
    () => localStack(undefined, folder),
    /^CommandError: Several stacks are running: http:\S+, http:\S+\. Choose one with --port\.$/,
  );
  assert.equal(localStack("4002", folder)?.options, "--port 4002");
  assert.throws(() => localStack("4003", folder), /No stack has its page on port 4003\. Running: http/);
});
