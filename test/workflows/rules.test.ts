import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { describe, test } from "node:test";
import { version } from "../../local/pulumi-cli/pulumi-cli";
import { actionFiles, actionSteps, jobs, readWorkflow, scripts, workflows } from "./workflow";

/** The scripts that change a stack. */
const updates = /\.github\/scripts\/(environment-up|environment-down|stack-up)\b/;

const sameRepository = "github.event.pull_request.head.repo.full_name == github.repository";

describe("workflows", () => {
  test("run the Pulumi CLI that the tests run", () => {
    const versions = actionSteps(".github/actions/tools").map((step) => step.with?.["pulumi-version"]);
    assert.ok(versions.includes(version.slice(1)));
  });

  test("are not started with rights by other people's code", () => {
    for (const { file, on } of workflows()) {
      for (const event of ["pull_request_target", "workflow_run", "issue_comment"]) assert.ok(!(event in on), file);
    }
  });

  test("have no right but those of their jobs", () => {
    for (const { file, permissions } of workflows()) assert.deepEqual(permissions, {}, file);
    for (const { name, job } of jobs()) {
      assert.ok(job.permissions, name);
      assert.equal(job.permissions.contents ?? "read", "read", name);
    }
  });

  test("end", () => {
    for (const { name, job } of jobs().filter(({ job }) => !job.uses))
      assert.ok((job["timeout-minutes"] ?? 999) <= 60, name);
  });

  test("call only workflows of this repository, and give them no secrets", () => {
    for (const { name, job } of jobs().filter(({ job }) => job.uses)) {
      assert.ok(
        workflows().some(({ file, on }) => job.uses === `./.github/workflows/${file}` && "workflow_call" in on),
        name,
      );
      assert.ok(!("secrets" in job), name);
    }
  });

  test("preview and deploy only what has passed the tests", () => {
    for (const name of ["ci.yml preview", "deploy.yml up"]) {
      const found = jobs().find((job) => job.name === name);
      assert.equal(found?.job.needs, "tests", name);
      assert.equal(found?.workflow.jobs.tests?.uses, "./.github/workflows/test.yml", name);
      assert.doesNotMatch(found?.job.if ?? "", /always|failure|cancelled/, name);
    }
    const ran = readWorkflow("test.yml").text;
    for (const command of ["npm test", "npm test -- engine fork workflows"])
      assert.ok(ran.includes(`${command}\n`), command);
  });

  test("reach Azure and its secrets only from a protected environment", () => {
    for (const { name, job } of jobs()) {
      const secret = JSON.stringify(job).includes("secrets.") || job.permissions?.["id-token"] === "write";
      assert.equal(job.environment !== undefined, secret, name);
    }
  });

  test("reach Azure only for branches of this repository, and only where it is set up", () => {
    for (const { name, workflow, job } of jobs().filter(({ job }) => job.environment)) {
      const condition = job.if ?? "";
      if (name === "environment.yml down") continue; // has the numbers of the job `select`
      assert.match(condition, /vars\.AZURE_TENANT_ID != ''/, name);
      const notForThem = condition.includes("github.event_name != 'pull_request'");
      if ("pull_request" in workflow.on && !notForThem) assert.ok(condition.includes(sameRepository), name);
    }
  });

  test("update one stack at a time, and never cancel a running update", () => {
    for (const { name, job } of jobs()) {
      const updating = job.steps.some(({ run }) => updates.test(run ?? ""));
      assert.equal(job.concurrency !== undefined, updating, name);
      if (updating)
        assert.deepEqual(
          [job.concurrency?.group.startsWith("stack-"), job.concurrency?.["cancel-in-progress"]],
          [true, false],
        );
    }
    const { up, down } = workflows().find(({ file }) => file === "environment.yml")?.jobs ?? {};
    const stack = (group = "") => group.replace(/\$\{\{ .+ \}\}/, "N");
    assert.equal(stack(up?.concurrency?.group), stack(down?.concurrency?.group));
    for (const { file, text } of workflows()) assert.doesNotMatch(text, /cancel-in-progress: (?!false)/, file);
  });

  test("keep what events say out of their shell", () => {
    for (const { name, job } of jobs()) {
      for (const { run } of job.steps) assert.doesNotMatch(run ?? "", /\$\{\{/, name);
    }
  });

  test("leave no token in a checkout", () => {
    for (const { name, job } of jobs()) {
      for (const { uses, with: inputs } of job.steps.filter(({ uses }) => uses?.startsWith("actions/checkout@")))
        assert.equal(inputs?.["persist-credentials"], false, `${name} ${uses}`);
    }
  });

  test("take each action of other people at one commit, whose version stands beside it", () => {
    const pinned = new Map<string, string>();
    for (const { file, text } of actionFiles()) {
      for (const [, action = "", commit = ""] of text.matchAll(/uses: ([^@\s]+)(.*)$/gm)) {
        if (action.startsWith("./")) continue;
        assert.match(commit, /^@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, `${file} ${action}`);
        assert.equal(commit, pinned.get(action) ?? commit, `${action} is pinned twice`);
        pinned.set(action, commit);
      }
    }
    assert.ok(pinned.size >= 5);
  });
});

describe("the workflows' scripts", () => {
  test("are bash that stops at the first error", () => {
    for (const { name, file, text } of scripts()) {
      execFileSync("bash", ["-n", file]);
      if (name.endsWith(".bash")) continue; // sourced
      accessSync(file, constants.X_OK);
      assert.ok(text.startsWith("#!/usr/bin/env bash\n"), name);
      assert.match(text, /^set -euo pipefail$/m, name);
    }
  });

  test("are there, and are used", () => {
    const used = jobs().flatMap(({ job }) =>
      job.steps.flatMap(({ run = "" }) => /^\.github\/scripts\/(\S+)/.exec(run)?.[1] ?? []),
    );
    const texts = scripts().map(({ text }) => text);
    for (const name of used)
      assert.ok(
        scripts().some((script) => script.name === name),
        name,
      );
    for (const { name } of scripts())
      assert.ok(used.includes(name) || texts.some((text) => text.includes(`/${name}"`)), name);
  });
});

test("nothing of CI holds a placeholder that `pulumi new` would fill", () => {
  for (const { name, text } of [...actionFiles().map(({ file, text }) => ({ name: file, text })), ...scripts()])
    assert.doesNotMatch(text, /\$\{(PROJECT|DESCRIPTION)\}/, name);
});
