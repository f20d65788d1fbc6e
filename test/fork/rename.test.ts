import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { EngineProject } from "../harness/engine-project";
import { type RunningStack, startCheckout } from "../harness/running-stack";
import { trustStack } from "../harness/trust-stack";

test("a project that is renamed in Pulumi.yaml and package.json comes up, and its resources have its name", async (t) => {
  const project = EngineProject.make();
  let stack: RunningStack | undefined;
  t.after(async () => {
    await stack?.stop();
    project.remove();
  });
  project.rename("helpdesk-bot");
  assert.equal(JSON.parse(readFileSync(path.join(project.folder, "package.json"), "utf8")).name, "helpdesk-bot");

  stack = await startCheckout(project.folder);
  trustStack(stack);
  const { outputs, local } = stack.description;
  assert.match(String(outputs.resourceGroupName), /^helpdesk-bot[0-9a-f]{8}$/);
  assert.match(String(outputs.botName), /^helpdesk-bot[0-9a-f]{8}$/);
  assert.match(String(outputs.queueUrl), /\/helpdeskbot[0-9a-f]{8}\/bot-queue$/);
  for (const app of [local.bot, local.function]) assert.equal((await fetch(`${app}/readyz`)).status, 200);
  // The names that only the log shows: the function's site and the vault.
  assert.match(stack.stderr(), /\bhelpdesk-function\b/);
  assert.match(stack.stderr(), /\bVault +helpdesk\n/);
  assert.doesNotMatch(stack.stderr(), /proactive/);
});
