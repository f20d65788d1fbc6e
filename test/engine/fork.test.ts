import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ServedCloud } from "../../local/served-cloud";
import { EngineProject } from "../harness/engine-project";
import { Pulumi, skipWithoutPulumi } from "../harness/pulumi";

test("a fork without local/, test/ and bench/ type-checks, previews and has the operator's tool", {
  skip: skipWithoutPulumi,
}, async (t) => {
  const cloud = await ServedCloud.open({ apps: "stand-in", log: () => {} });
  t.after(() => cloud.close());
  const fork = EngineProject.make();
  t.after(() => fork.remove());
  for (const folder of ["local", "test", "bench"]) rmSync(path.join(fork.folder, folder), { recursive: true });
  execFileSync(process.execPath, [require.resolve("typescript/bin/tsc")], { cwd: fork.folder, stdio: "pipe" });
  const { send } = JSON.parse(readFileSync(path.join(fork.folder, "package.json"), "utf8")).scripts;
  const [node, ...args] = `${send} --help`.split(" ");
  assert.equal(node, "node");
  assert.match(String(execFileSync(process.execPath, args, { cwd: fork.folder })), /^Usage: npm run cli -- /);
  const stack = await (await Pulumi.open(fork, cloud.env)).stack("dev", cloud.config);
  const made = (await stack.preview()).filter(({ op }) => op === "create");
  assert.ok(made.some(({ name }) => name === "proactive-bot-release"));
});

test("an install without development packages type-checks and previews", { skip: skipWithoutPulumi }, async (t) => {
  const cloud = await ServedCloud.open({ apps: "stand-in", log: () => {} });
  t.after(() => cloud.close());
  const project = EngineProject.production();
  t.after(() => project.remove());
  assert.equal(existsSync(path.join(project.folder, "node_modules/tsx")), false);
  const env = { ...cloud.env, NODE_ENV: "production", PULUMI_NODEJS_TRANSPILE_ONLY: "false" };
  const stack = await (await Pulumi.open(project, env)).stack("dev", cloud.config);
  const made = (await stack.preview()).filter(({ op }) => op === "create");
  assert.ok(made.some(({ name }) => name === "proactive-bot-release"));
});
