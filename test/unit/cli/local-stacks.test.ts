import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { homePrefix } from "../../../cli/stack/homes";
import { localStack } from "../../../cli/stack/local-stacks";

const folder = mkdtempSync(path.join(tmpdir(), "operator-"));
const { TMPDIR } = process.env;
process.env.TMPDIR = folder;
after(() => {
  process.env.TMPDIR = TMPDIR;
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  rmSync(folder, { recursive: true });
});

/** What a stack leaves on disk. @param pid of its owner */
function leave(pid: number, name: string, description?: string): void {
  const home = path.join(folder, `${homePrefix}${pid}-${name}`);
  mkdirSync(home);
  if (description !== undefined) writeFileSync(path.join(home, "stack.json"), description);
}

function described(port: number): string {
  const caFile = path.join(folder, "ca.pem");
  writeFileSync(caFile, "");
  const identity = { endpoint: "https://127.0.0.1:1/", header: "h", operatorClientId: "c" };
  const directLine = { serviceUrl: "https://127.0.0.1:1/" };
  return JSON.stringify({ outputs: {}, local: { page: `http://localhost:${port}/`, directLine, identity, caFile } });
}

test("a stack that was killed, is not up yet, or is just being written down is none", () => {
  leave(99_999_999, "killed", described(1));
  leave(process.pid, "early");
  leave(process.pid, "half", '{"outp');
  assert.equal(localStack(), undefined);
});

test("one is found by itself, and of several the one whose port is said", () => {
  leave(process.pid, "a", described(4001));
  assert.equal(localStack()?.name, "local (http://localhost:4001/)");
  leave(process.pid, "b", described(4002));
  assert.throws(() => localStack(), /^CommandError: Several stacks are running: .* Choose one with --port\.$/);
  assert.equal(localStack("4002")?.options, "--port 4002");
  assert.throws(() => localStack("4003"), /No stack has its page on port 4003\. There is: http/);
});
