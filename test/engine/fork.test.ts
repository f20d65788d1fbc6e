import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TestContext, test } from "node:test";
import { ServedCloud } from "../../local/served-cloud";
import { summary } from "../harness/engine-events";
import { EngineProject } from "../harness/engine-project";
import { names } from "../harness/names";
import { Pulumi, skipWithoutPulumi } from "../harness/pulumi";

/** A cloud with stand-ins for the apps, beside a checkout. Both end with the test. */
async function open(t: TestContext, project: EngineProject): Promise<{ cloud: ServedCloud; project: EngineProject }> {
  t.after(() => project.remove());
  const cloud = await ServedCloud.open({ apps: "stand-in", log: () => {} });
  t.after(() => cloud.close());
  return { cloud, project };
}

test("a fork without local/, test/ and bench/ type-checks, previews and has the operator's tool", {
  skip: skipWithoutPulumi,
}, async (t) => {
  const { cloud, project: fork } = await open(t, EngineProject.make());
  for (const folder of ["local", "test", "bench"]) rmSync(path.join(fork.folder, folder), { recursive: true });
  execFileSync(process.execPath, [require.resolve("typescript/bin/tsc")], { cwd: fork.folder, stdio: "pipe" });
  const help = execFileSync("npm", ["run", "--silent", "cli", "--", "--help"], { cwd: fork.folder });
  assert.match(String(help), /^Usage: npm run cli -- /);
  const { status, stderr } = spawnSync("npm", ["test", "--silent"], { cwd: fork.folder, encoding: "utf8" });
  assert.equal(status, 1);
  assert.match(stderr, /^"npm run test" needs test\/run\.ts, which this repository does not have\. Copy test\/ /);
  const stack = await (await Pulumi.open(fork, cloud.env)).stack("dev", cloud.config);
  const made = (await stack.preview()).filter(({ op }) => op === "create");
  assert.ok(made.some(({ name }) => name === `${names.bot}-release`));
});

test("an install without development packages type-checks and previews", { skip: skipWithoutPulumi }, async (t) => {
  const { cloud, project } = await open(t, EngineProject.production());
  assert.equal(existsSync(path.join(project.folder, "node_modules/tsx")), false);
  const env = { ...cloud.env, NODE_ENV: "production", PULUMI_NODEJS_TRANSPILE_ONLY: "false" };
  const stack = await (await Pulumi.open(project, env)).stack("dev", cloud.config);
  const made = (await stack.preview()).filter(({ op }) => op === "create");
  assert.ok(made.some(({ name }) => name === `${names.bot}-release`));
});

test("a project with another name keeps the resources that it had under the template's names", {
  skip: skipWithoutPulumi,
}, async (t) => {
  const { cloud, project: fork } = await open(t, EngineProject.make());
  const pulumi = await Pulumi.open(fork, cloud.env);
  fork.rename("proactive-bot");
  const everything = { ...cloud.config, alertEmail: "ops@example.com", teams: "true" };
  await (await pulumi.stack("dev", everything)).up();
  const resources = cloud.resources.all.map(({ id }) => id).sort();

  fork.rename("helpdesk");
  const renamed = "organization/helpdesk/dev";
  await pulumi.succeed(["stack", "rename", renamed, "--stack", "organization/proactive-bot/dev"]);
  const config = path.join(fork.folder, "Pulumi.dev.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replaceAll("proactive-bot:", "helpdesk:"));
  const stack = await pulumi.existing(renamed);
  const changes = await stack.up();
  assert.deepEqual([...new Set(changes.map(({ op }) => op))], ["update"], summary(changes).join("\n"));
  assert.deepEqual(cloud.resources.all.map(({ id }) => id).sort(), resources);
});
