import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { ArmHand } from "../harness/arm-hand";
import { childProcesses } from "../harness/child-processes";
import { EngineProject } from "../harness/engine-project";
import { Pulumi, type PulumiStack, skipWithoutPulumi } from "../harness/pulumi";
import { RunningCloud } from "../harness/running-cloud";
import { roundTrip } from "./round-trip";

describe("two stacks side by side in one subscription", { skip: skipWithoutPulumi }, () => {
  let project: EngineProject;
  let cloud: RunningCloud;
  let hand: ArmHand;
  let left: PulumiStack;
  let right: PulumiStack;
  before(async () => {
    project = EngineProject.make();
    cloud = await RunningCloud.start();
    hand = await ArmHand.of(cloud.description);
    const pulumi = await Pulumi.open(project, cloud.description.env);
    left = await pulumi.stack("left", cloud.description.config);
    right = await pulumi.stack("right", cloud.description.config);
  });
  after(async () => {
    await cloud?.stop();
    project?.remove();
  });

  test("come up at the same time, and each bot answers its own users", async () => {
    await Promise.all([left.up(), right.up()]);
    await Promise.all([roundTrip(await left.outputs(), "I am left"), roundTrip(await right.outputs(), "I am right")]);
  });

  test("share no resource and no address", async () => {
    const [ofLeft, ofRight] = [await left.outputs(), await right.outputs()];
    for (const name of ["webChatUrl", "queueUrl", "botName", "resourceGroupName", "webhookSecret"])
      assert.notEqual(ofLeft[name], ofRight[name], name);
    const all = await hand.resources();
    const inGroup = ({ resourceGroupName }: Record<string, string>) =>
      all.filter(({ id }) => id.includes(`/resourceGroups/${resourceGroupName}`)).length;
    assert.equal(inGroup(ofLeft), inGroup(ofRight));
    assert.equal(inGroup(ofLeft) + inGroup(ofRight), all.length);
  });

  test("destroying one leaves the other as it was", async () => {
    await left.destroy();
    const { resourceGroupName = "" } = await right.outputs();
    const others = (await hand.resources()).filter(({ id }) => !id.includes(`/resourceGroups/${resourceGroupName}`));
    assert.deepEqual(others, []);
    assert.equal(childProcesses(cloud.pid).length, 2);
    await roundTrip(await right.outputs(), "I am still here");
    assert.deepEqual(await right.refresh("--expect-no-changes"), []);
  });
});
