import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import path from "node:path";
import { test } from "node:test";

const root = path.resolve(__dirname, "../..");

test("a role for somebody who does not exist ends npm start, though the apps wait for all roles", () => {
  const nobody = "11111111-2222-4333-8444-555555555555";
  const script = [
    "scripts/run.cjs",
    "local/start.ts",
    "--strict",
    "--port",
    "0",
    "--config",
    `operatorObjectId=${nobody}`,
  ];
  const { status, stderr } = spawnSync(process.execPath, script, { cwd: root, encoding: "utf8", timeout: 120_000 });
  assert.equal(status, 1, stderr);
  assert.match(stderr, /RoleAssignment "operator-\S+" could not be made: PrincipalNotFound: Principal 11111111-/);
});
