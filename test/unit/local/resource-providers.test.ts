import assert from "node:assert/strict";
import { test } from "node:test";
import { OwnCloud } from "../helpers/own-cloud";
import { makeGround, samples } from "../helpers/resource-samples";

const inGroup = { resourceGroupName: "group" };

test("azure-native registers a missing resource provider once, and goes on", async () => {
  const own = await OwnCloud.open({ azure: { registeredProviders: "none" } });
  await own.make("managedidentity:UserAssignedIdentity", "one", inGroup);
  await own.make("managedidentity:UserAssignedIdentity", "two", inGroup);
  await own.close();
  assert.deepEqual(own.lines, ["The resource provider Microsoft.ManagedIdentity was registered."]);
});

test("a deployer without the right to register gets Azure's own error", async () => {
  const own = await OwnCloud.open({ azure: { registeredProviders: "none", mayRegisterProviders: false } });
  const making = own.make("managedidentity:UserAssignedIdentity", "one", inGroup);
  await assert.rejects(making, /AuthorizationFailed: .*'Microsoft\.ManagedIdentity\/register\/action'/);
  await own.close();
});

test("a diagnostic setting is refused until something else has registered Microsoft.Insights", async () => {
  const own = await OwnCloud.open({ azure: { registeredProviders: "none" } });
  await own.make("web:AppServicePlan", "p", { ...inGroup, name: "ground" });
  await own.make("managedidentity:UserAssignedIdentity", "i", { ...inGroup, resourceName: "ground" });
  await own.make("web:WebApp", "s", { ...samples(own)["azure-native:web:WebApp"]?.inputs, name: "ground" });
  await own.make("operationalinsights:Workspace", "w", { ...inGroup, workspaceName: "ground" });
  const make = () =>
    own.make("monitor:DiagnosticSetting", "d", samples(own)["azure-native:monitor:DiagnosticSetting"]?.inputs ?? {});
  await assert.rejects(make(), /Conflict: The subscription '.+' is not registered to use microsoft\.insights\./);
  await own.make("applicationinsights:Component", "c", { ...inGroup, kind: "web", applicationType: "web" });
  await make();
  await own.close();
});

test("a bot comes with Direct Line, which azure-native then refuses to create and a template changes", async () => {
  const own = await OwnCloud.open();
  await makeGround(own);
  const keys = own.cloud.botService.directLineKeys("ground");
  assert.ok(keys);
  const channel = {
    ...inGroup,
    resourceName: "ground",
    channelName: "DirectLineChannel",
    properties: { channelName: "DirectLineChannel" },
  };
  await assert.rejects(own.make("botservice:Channel", "c", channel), /cannot create already existing resource/);
  const deployment = samples(own)["azure-native:resources:Deployment"]?.inputs ?? {};
  const { outputs } = await own.make("resources:Deployment", "d", deployment);
  assert.doesNotMatch(JSON.stringify(outputs), /extensionKey|"key/);
  assert.deepEqual(own.cloud.botService.directLineKeys("ground"), keys, "the keys stay");
  await own.close();
});

test("a bot of earlier years has no Direct Line; a template makes it, and so does a channel, whose outputs have the keys", async () => {
  const own = await OwnCloud.open({ azure: { directLineWithBot: false } });
  await makeGround(own);
  assert.equal(own.cloud.botService.directLineKeys("ground"), undefined);
  const properties = { channelName: "DirectLineChannel" };
  const channel = { ...inGroup, resourceName: "ground", channelName: "DirectLineChannel", properties };
  const { id, outputs } = await own.make("botservice:Channel", "c", channel);
  const { key = "none" } = own.cloud.botService.directLineKeys("ground") ?? {};
  assert.ok(JSON.stringify(outputs).includes(key), "as Azure answers");
  await own.resources.delete(id);
  assert.equal(own.cloud.botService.directLineKeys("ground"), undefined);
  await own.make("resources:Deployment", "d", samples(own)["azure-native:resources:Deployment"]?.inputs ?? {});
  assert.ok(own.cloud.botService.directLineKeys("ground"));
  await own.close();
});
