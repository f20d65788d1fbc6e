import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { childProcesses } from "../harness/child-processes";
import { EngineStage } from "../harness/engine-stage";
import { type PulumiStack, skipWithoutPulumi } from "../harness/pulumi";
import { roundTrip } from "./round-trip";

describe("two stacks side by side in one subscription", { skip: skipWithoutPulumi }, () => {
  let stage: EngineStage;
  let cloud: EngineStage["cloud"];
  let hand: EngineStage["hand"];
  let left: PulumiStack;
  let right: PulumiStack;
  before(async () => {
    stage = await EngineStage.open();
    ({ cloud, hand } = stage);
    left = await stage.stack("left");
    right = await stage.stack("right");
  });
  after(() => stage?.close());

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
