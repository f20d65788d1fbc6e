import assert from "node:assert/strict";
import { test } from "node:test";
import { ServedCloud } from "../../local/served-cloud";
import { EngineProject } from "../harness/engine-project";
import { Pulumi, type PulumiStack, skipWithoutPulumi } from "../harness/pulumi";

const appService = "https://appservice.azure.com";
const resourceManager = "https://management.azure.com";

test("a login that gets no token for App Service releases both apps with the one for Azure Resource Manager", {
  skip: skipWithoutPulumi,
}, async (t) => {
  const stack = await stackFor(t, [appService]);
  await stack.preview();
  const { succeeded, said, warnings } = await stack.attempt("up");
  assert.ok(succeeded, said);
  const told = warnings.filter((warning) => warning.includes("Your login gets no token for App Service"));
  assert.equal(told.length, 2, said);
  for (const warning of told)
    assert.ok(warning.includes(`Audience ${appService} is not a supported MSI token audience`));
  assert.deepEqual(await stack.up("--expect-no-changes"), []);
});

test("a login that gets no token at all is told so, with both reasons", { skip: skipWithoutPulumi }, async (t) => {
  const stack = await stackFor(t, [appService, resourceManager]);
  const { succeeded, errors, said } = await stack.attempt("up");
  assert.equal(succeeded, false);
  assert.match(
    errors.join("\n"),
    /your login gets no token for Azure Resource Manager \(.*audience\) and none for App Service \(.*audience\)\. Log in again/,
    said,
  );
});

async function stackFor(t: { after(work: () => void): void }, refusedAudiences: string[]): Promise<PulumiStack> {
  const cloud = await ServedCloud.open({ apps: "stand-in", azure: { refusedAudiences }, log: () => {} });
  t.after(() => cloud.close());
  const project = EngineProject.make();
  t.after(() => project.remove());
  return (await Pulumi.open(project, cloud.env)).stack("dev", cloud.config);
}
