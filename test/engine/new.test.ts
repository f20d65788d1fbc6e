import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { summary } from "../harness/engine-events";
import { EngineProject } from "../harness/engine-project";
import { Pulumi, skipWithoutPulumi } from "../harness/pulumi";
import { RunningCloud } from "../harness/running-cloud";
import { roundTrip } from "./round-trip";

describe("pulumi new, from this repository", { skip: skipWithoutPulumi }, () => {
  let project: EngineProject;
  let cloud: RunningCloud;
  let pulumi: Pulumi;
  before(async () => {
    project = EngineProject.empty();
    cloud = await RunningCloud.start();
    // As a person has it: with the types checked.
    pulumi = await Pulumi.open(project, { ...cloud.description.env, PULUMI_NODEJS_TRANSPILE_ONLY: "false" });
  });
  after(async () => {
    await cloud?.stop();
    project?.remove();
  });

  test("fills an empty folder, asks nothing and installs", async () => {
    const args = ["new", project.template(), "--yes", "--name", "my-bot", "--stack", "dev"];
    await pulumi.succeed(args, { npm_config_prefer_offline: "true" });
    const read = (file: string) => readFileSync(path.join(project.folder, file), "utf8");
    assert.match(read("Pulumi.yaml"), /^name: my-bot$/m);
    assert.match(read("Pulumi.dev.yaml"), /^ {2}azure-native:location: westeurope$/m);
    assert.match(read("Pulumi.dev.yaml"), /^ {2}my-bot:botDisplayName: Proactive bot$/m);
  });

  test("what it made previews and comes up as it is, and the bot answers", async () => {
    const stack = await pulumi.existing("dev", cloud.description.config);
    const previewed = summary(await stack.preview());
    assert.deepEqual(summary(await stack.up()), previewed);
    await roundTrip(await stack.outputs(), "hello from a new project");
  });
});
