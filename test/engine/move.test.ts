import assert from "node:assert/strict";
import { test } from "node:test";
import { ServedCloud } from "../../local/served-cloud";
import { EngineProject } from "../harness/engine-project";
import { Pulumi, skipWithoutPulumi } from "../harness/pulumi";

test("another location moves the stack there, and leaves nothing where it was", {
  skip: skipWithoutPulumi,
}, async (t) => {
  const cloud = await ServedCloud.open({ apps: "stand-in", log: () => {} });
  t.after(() => cloud.close());
  const project = EngineProject.make();
  t.after(() => project.remove());
  const stack = await (await Pulumi.open(project, cloud.env)).stack("dev", cloud.config);
  await stack.up();
  const before = cloud.resources.all.length;
  await stack.set({ "azure-native:location": "northeurope" });
  await stack.up();
  const places = cloud.resources.all.flatMap(({ inputs }) => (inputs.location ? [String(inputs.location)] : []));
  assert.deepEqual([...new Set(places)].sort(), ["global", "northeurope"]);
  assert.equal(cloud.resources.all.length, before);
  assert.deepEqual(await stack.up("--expect-no-changes"), []);
  await stack.destroy();
  assert.deepEqual(cloud.resources.all, []);
});
