import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { buildGoTool } from "../../local/pulumi-cli/go-tool";
import { canBuild } from "../../local/pulumi-cli/pulumi-cli";
import { root, workflows } from "./workflow";

const actionlint = {
  command: "github.com/rhysd/actionlint/cmd/actionlint",
  module: "github.com/rhysd/actionlint",
  version: "v1.7.12",
  takes: "half a minute",
};

// In CI it has to run, so there nothing is skipped and the build fails.
const skip = canBuild() || process.env.CI ? false : "no go on this machine, with which actionlint is built";

test("actionlint finds nothing in the workflows", { skip }, async () => {
  const file = await buildGoTool(actionlint, (line) => console.error(line));
  // Its helpers are off: what it finds must not depend on what else is installed.
  const helpers = ["-shellcheck=", "-pyflakes=", "-no-color"];
  const files = workflows().map((workflow) => `.github/workflows/${workflow.file}`);
  const { status, stdout } = spawnSync(file, [...helpers, ...files], { cwd: root, encoding: "utf8" });
  assert.equal(stdout, "");
  assert.equal(status, 0);
});
