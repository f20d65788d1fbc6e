import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { CloudProvider } from "../../../local/provider/cloud-provider";
import { ProviderServer } from "../../../local/provider/provider-server";
import { EngineSide } from "../helpers/engine-side";
import { OwnCloud } from "../helpers/own-cloud";
import { makeGround, samples } from "../helpers/resource-samples";

const redis = "azure-native:redis:Redis";
const account = "azure-native:storage:StorageAccount";
const password = "random:index/randomPassword:RandomPassword";
const site = "azure-native:web:WebApp";
const redisInputs = {
  resourceGroupName: "group",
  sku: { name: "Basic", family: "C", capacity: 0 },
  minimumTlsVersion: "1.2",
};

describe("a cloud that accepts what it has no body for", () => {
  let own: OwnCloud;
  let server: ProviderServer;
  let engine: EngineSide;
  let things: string[] = [];
  before(async () => {
    own = await OwnCloud.open({ onDeclaredOnly: (thing) => things.push(thing) });
    await makeGround(own);
    server = await ProviderServer.open(new CloudProvider(own.resources), "1.2.3");
    engine = new EngineSide(server.port);
  });
  after(async () => {
    engine.close();
    server.close();
    await own.close();
  });

  function inputsOf(token: string) {
    const sample = samples(own)[token];
    assert.ok(sample);
    return sample.inputs;
  }

  test("makes, changes, reads and deletes a resource of an unknown type, and the same program again changes nothing", async () => {
    things = [];
    const { inputs, failures } = await engine.check(redis, redisInputs);
    assert.deepEqual(failures, []);
    const { id, outputs } = await engine.create(redis, inputs);
    assert.match(
      id,
      /^\/subscriptions\/[^/]+\/resourceGroups\/group\/providers\/Microsoft\.Redis\/redis\/name[0-9a-f]{8}$/,
    );
    assert.equal(outputs.name, id.split("/").at(-1));
    assert.equal(outputs.location, "westeurope", "the group's");
    assert.deepEqual(outputs.sku, redisInputs.sku);

    const again = (await engine.check(redis, redisInputs, inputs)).inputs;
    assert.equal((await engine.diff(redis, inputs, again)).changed, false);
    assert.deepEqual(await engine.read(redis, id, inputs, outputs), { id, inputs, outputs });

    const news = { ...again, minimumTlsVersion: "1.0" };
    const diff = await engine.diff(redis, inputs, news);
    assert.deepEqual([diff.inputs, diff.replaces], [["minimumTlsVersion"], []]);
    assert.equal((await engine.update(redis, id, outputs, news)).minimumTlsVersion, "1.0");
    assert.deepEqual((await engine.diff(redis, inputs, { ...inputs, name: "other" })).replaces, ["name"]);

    await engine.delete(redis, id);
    assert.equal((await engine.read(redis, id, inputs, outputs)).id, "");
    assert.deepEqual(things, [`${redis} "name"`], "it is reported once");
  });

  test("previews a resource of an unknown type", async () => {
    const { inputs } = await engine.check(redis, redisInputs);
    const { id, outputs } = await engine.create(redis, inputs, true);
    assert.equal(id, "");
    assert.equal(outputs.minimumTlsVersion, "1.2");
  });

  test("tells two resources apart that have one name in different parents", async () => {
    const container = { resourceGroupName: "group", containerName: "data" };
    const one = await own.make("storage:BlobContainer", "one", { ...container, accountName: "a" });
    const other = await own.make("storage:BlobContainer", "other", { ...container, accountName: "b" });
    assert.match(one.id, /\/Microsoft\.Storage\/blobContainers\/data$/);
    assert.notEqual(one.id, other.id);
    assert.equal(other.outputs.name, "data");
  });

  test("makes resources of any other provider", async () => {
    const { inputs } = await engine.check(password, { length: 20 });
    const { id, outputs } = await engine.create(password, inputs);
    assert.ok(id);
    assert.equal(outputs.length, 20);
    assert.deepEqual(
      (await engine.diff(password, inputs, (await engine.check(password, { length: 20 }, inputs)).inputs)).changed,
      false,
    );
    await engine.delete(password, id);
  });

  test("keeps an unknown input of a known type, which does all that it did without", async () => {
    things = [];
    const { inputs, failures } = await engine.check(account, { ...inputsOf(account), accessTier: "Cool" });
    assert.deepEqual(failures, []);
    const { id, outputs } = await engine.create(account, inputs);
    assert.equal(outputs.accessTier, "Cool");
    assert.ok((outputs.primaryEndpoints as { queue: string }).queue);
    assert.equal((await engine.update(account, id, outputs, { ...inputs, accessTier: "Hot" })).accessTier, "Hot");
    assert.deepEqual(things, [`${account} "name": accessTier`]);
    await engine.delete(account, id);
  });

  test("names an input within another one by its path, and a value that has no body by its input", async () => {
    let made = 0;
    const declared = async (token: string, inputs: object) => {
      things = [];
      const name = `x${++made}`;
      await own.resources.create(token, name, { ...inputsOf(token), ...inputs });
      return things.map((thing) => thing.slice(`${token} "${name}": `.length));
    };
    const siteConfig = { linuxFxVersion: "PYTHON|3.12", pythonVersion: "3" };
    assert.deepEqual(await declared(site, { siteConfig }), ["siteConfig.pythonVersion", "siteConfig.linuxFxVersion"]);
    assert.deepEqual(await declared(site, { siteConfig: {} }), ["siteConfig.linuxFxVersion"]);
    const vault = "azure-native:keyvault:Vault";
    const { properties } = inputsOf(vault) as { properties: Record<string, unknown> };
    const { enableRbacAuthorization, ...withPolicies } = properties;
    assert.deepEqual(await declared(vault, { properties: { ...withPolicies, accessPolicies: [] } }), [
      "properties.accessPolicies",
      "properties.enableRbacAuthorization",
    ]);
    const slack = { channelName: "SlackChannel" };
    assert.deepEqual(await declared("azure-native:botservice:Channel", slack), ["channelName"]);
  });

  test("gives no rights by a role that it does not know, nor to somebody whom it does not know", async () => {
    things = [];
    const assignment = "azure-native:authorization:RoleAssignment";
    const inputs = {
      scope: "/subscriptions/other/resourceGroups/shared",
      principalId: "5f0c1f5b-7f41-4c52-b2d5-6d3cf3a7b8f4",
      principalType: "Group",
      roleDefinitionId: own.role("00000000-1111-2222-3333-444444444444"),
    };
    const { id } = await own.resources.create(assignment, "team", inputs);
    assert.ok(await own.resources.read(id));
    assert.deepEqual(
      things.map((thing) => thing.split(": ").at(-1)),
      ["in /subscriptions/other/resourceGroups/shared", "principalId", "roleDefinitionId", "scope"],
    );
    await own.resources.delete(id);
  });

  test("gives a resource with a system-assigned identity a principal, which can hold a role", async () => {
    const identity = { type: "SystemAssigned" };
    const { inputs } = await engine.check(redis, { ...redisInputs, identity });
    const { id, outputs } = await engine.create(redis, inputs);
    const { principalId } = outputs.identity as { principalId: string };
    const principalType = "ServicePrincipal";
    const roleDefinitionId = own.role("acdd72a7-3385-48ef-bd42-f606fba81ae7");
    await own.make("authorization:RoleAssignment", "cache", {
      scope: own.group,
      principalId,
      principalType,
      roleDefinitionId,
    });
    assert.deepEqual(await engine.read(redis, id, inputs, outputs), { id, inputs, outputs });
    const updated = await engine.update(redis, id, outputs, { ...inputs, minimumTlsVersion: "1.0" });
    assert.deepEqual(updated.identity, outputs.identity);
    const { identity: _, ...without } = inputs;
    assert.equal((await engine.update(redis, id, updated, without)).identity, undefined);
    await engine.delete(redis, id);
  });

  test("refers to resources that others have made", async () => {
    things = [];
    const id = "/subscriptions/other/resourceGroups/shared/providers/Microsoft.OperationalInsights/workspaces/central";
    const component = "azure-native:applicationinsights:Component";
    await own.resources.create(component, "insights", { ...inputsOf(component), workspaceResourceId: id });
    await own.resources.create(site, "site", { ...inputsOf(site), serverFarmId: id });
    assert.deepEqual(things, [`${component} "insights": workspaceResourceId`, `${site} "site": serverFarmId`]);
  });

  test("still refuses what Azure would refuse", async () => {
    const { failures } = await engine.check(account, { ...inputsOf(account), accountName: "No-Such-Account" });
    assert.deepEqual(
      failures.map(({ property }) => property),
      ["accountName"],
    );
  });

  test("answers a function that asks for a resource of the program, and gives any other one its arguments back", async () => {
    things = [];
    const { id, outputs } = await own.resources.create(redis, "asked", { ...redisInputs, name: "asked" });
    const args = { resourceGroupName: "group", name: "asked" };
    assert.deepEqual(await engine.invoke("azure-native:redis:getRedis", args), { id, ...outputs });
    assert.deepEqual(things, [`${redis} "asked"`]);
    assert.deepEqual(await engine.invoke("azure-native:redis:listRedisKeys", args), args);
    assert.deepEqual(things.slice(1), ["the function azure-native:redis:listRedisKeys"]);
  });

  test("takes over a resource that the program reads by its id", async () => {
    things = [];
    const id = "/subscriptions/other/resourceGroups/shared/providers/Microsoft.Network/virtualNetworks/hub";
    const network = "azure-native:network:VirtualNetwork";
    assert.deepEqual(await own.resources.adopt(network, "hub", id, {}), { id, outputs: {} });
    assert.deepEqual(things, [`${network} "hub"`]);
    const ground = own.idOf("Microsoft.Storage/storageAccounts/ground");
    assert.equal((await own.resources.adopt(account, "a", ground, {})).outputs.name, "ground");
  });
});

describe("a strict cloud", () => {
  let own: OwnCloud;
  before(async () => {
    own = await OwnCloud.open();
  });
  after(() => own.close());

  test("refuses an unknown type, an unknown function, and a resource that the program did not make", async () => {
    const { resources } = own;
    assert.throws(() => resources.check(redis, "cache", redisInputs), {
      name: "NotSupportedError",
      message: /^The local cloud does not support resources of type azure-native:redis:Redis\./,
    });
    await assert.rejects(resources.create(redis, "cache", redisInputs), /does not support resources of type/);
    await assert.rejects(resources.invoke("azure-native:redis:listRedisKeys", {}), /does not support the function/);
    await assert.rejects(resources.adopt(redis, "cache", "/some/id", {}), /does not support the resource \/some\/id/);
  });
});
