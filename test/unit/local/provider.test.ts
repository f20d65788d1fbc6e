import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ServiceError } from "@grpc/grpc-js";
import { ErrorResourceInitFailed, PropertyDiff } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { unknown } from "../../../local/cloud/unknown";
import { type Change, CloudProvider, type Named } from "../../../local/provider/cloud-provider";
import { ProviderServer } from "../../../local/provider/provider-server";
import { Unfinished } from "../../../local/provider/unfinished";
import { EngineSide } from "../helpers/engine-side";
import { OwnCloud } from "../helpers/own-cloud";

const account = "azure-native:storage:StorageAccount";
const resourceGroup = "azure-native:resources:ResourceGroup";
const secret = "azure-native:keyvault:Secret";
const vault = "azure-native:keyvault:Vault";
const accountInputs = {
  resourceGroupName: "group",
  location: "westeurope",
  kind: "StorageV2",
  sku: { name: "Standard_LRS" },
  tags: { stack: "test" },
  allowSharedKeyAccess: false,
};

/** Fails the next creation as it is told to. */
class Breakable extends CloudProvider {
  failure?: (made: { id: string }) => Error;

  override async create(resource: Named, inputs: Record<string, unknown>) {
    const { failure } = this;
    this.failure = undefined;
    const made = await super.create(resource, inputs);
    if (failure) throw failure(made);
    return made;
  }
}

let own: OwnCloud;
let provider: Breakable;
let server: ProviderServer;
let engine: EngineSide;
const changes: Change[] = [];
before(async () => {
  own = await OwnCloud.open();
  provider = new Breakable(own.resources, (change) => changes.push(change));
  server = await ProviderServer.open(provider, "1.2.3");
  engine = new EngineSide(server.port);
});
after(async () => {
  engine.close();
  server.close();
  await own.close();
});

async function makeAccount() {
  const { inputs } = await engine.check(account, accountInputs);
  return { inputs, ...(await engine.create(account, inputs)) };
}

test("it tells its version, that it supports previews, and leaves secrets to the engine", async () => {
  assert.equal(await engine.version(), "1.2.3");
  const answer = await engine.configure({});
  assert.equal(answer.getSupportspreview(), true);
  assert.equal(answer.getAcceptsecrets(), false);
});

test("check names the input that is wrong", async () => {
  const { failures } = await engine.check(account, { ...accountInputs, colour: "red" });
  assert.deepEqual(
    failures.map(({ property }) => property),
    ["colour"],
  );
});

test("a null input counts as not given", async () => {
  const { inputs, failures } = await engine.check(account, { ...accountInputs, minimumTlsVersion: null });
  assert.deepEqual(failures, []);
  assert.ok(!("minimumTlsVersion" in inputs));
});

test("the stack's config is where a new resource is, unless it says another place", async () => {
  await engine.configure({ "azure-native:config:location": "northeurope" });
  assert.equal((await engine.check(resourceGroup, {})).inputs.location, "northeurope");
  assert.equal((await engine.check(resourceGroup, { location: "uksouth" })).inputs.location, "uksouth");
  assert.equal((await engine.check(resourceGroup, {}, { location: "uksouth" })).inputs.location, "uksouth");
  await engine.configure({});
});

test("a preview makes nothing, and knows no more than what is certain", async () => {
  const before = own.resources.all.length;
  const given = { resourceGroupName: unknown, location: "westeurope", properties: { tenantId: unknown } };
  const { inputs } = await engine.check(vault, given);
  const { id, outputs } = await engine.create(vault, inputs, true);
  assert.equal(id, "");
  assert.equal(outputs.location, "westeurope");
  assert.equal(outputs.resourceGroupName, unknown);
  assert.ok(!("properties" in outputs), "Azure adds the vault's address to them");
  assert.equal(own.resources.all.length, before);
});

test("a preview of an update keeps name and location, on which other resources stand", async () => {
  const { id, inputs, outputs } = await makeAccount();
  const preview = await engine.update(account, id, outputs, { ...inputs, minimumTlsVersion: "TLS1_2" }, true);
  assert.equal(preview.name, outputs.name);
  assert.equal(preview.location, "westeurope");
  assert.equal(preview.minimumTlsVersion, "TLS1_2");
  assert.ok(!("primaryEndpoints" in preview));
  assert.equal((await own.resources.read(id))?.outputs.minimumTlsVersion, undefined);
});

test("a resource is made, changed and deleted, and who watches hears of it", async () => {
  changes.length = 0;
  const { id, inputs, outputs } = await makeAccount();
  const news = { ...inputs, tags: { stack: "other" } };
  const updated = await engine.update(account, id, outputs, news);
  assert.deepEqual(updated.tags, { stack: "other" });
  await engine.delete(account, id);
  assert.equal(await own.resources.read(id), undefined);
  assert.deepEqual(
    changes.map(({ verb, name, problem }) => [verb, name, problem]),
    [
      ["created", "name", undefined],
      ["updated", "name", undefined],
      ["deleted", "name", undefined],
    ],
  );
});

test("diff says which inputs differ, how, and which of them make another resource", async () => {
  const olds = { ...accountInputs, tags: { stack: "test", "a b": "1" } };
  const news = { ...accountInputs, tags: { stack: "other", more: "2" }, isHnsEnabled: true };
  const { ADD, ADD_REPLACE, DELETE, UPDATE } = PropertyDiff.Kind;
  const diff = await engine.diff(account, olds, news);
  assert.equal(diff.changed, true);
  assert.deepEqual(diff.inputs.toSorted(), ["isHnsEnabled", "tags"]);
  assert.deepEqual(diff.replaces, ["isHnsEnabled"]);
  assert.deepEqual(diff.detailed, {
    "tags.stack": UPDATE,
    "tags.more": ADD,
    'tags["a b"]': DELETE,
    isHnsEnabled: ADD_REPLACE,
  });
});

test("diff of the same inputs is none", async () => {
  const { changed, detailed } = await engine.diff(account, accountInputs, accountInputs);
  assert.equal(changed, false);
  assert.deepEqual(detailed, {});
});

test("read finds what a hand has changed, and puts it where the next up sees it", async () => {
  const { id, inputs, outputs } = await makeAccount();
  assert.deepEqual(await engine.read(account, id, inputs, outputs), { id, inputs, outputs });
  await own.resources.update(account, id, { ...inputs, tags: { by: "hand" }, minimumTlsVersion: "TLS1_0" });
  const live = await engine.read(account, id, inputs, outputs);
  assert.deepEqual(live.outputs.tags, { by: "hand" });
  assert.deepEqual(live.inputs, { ...inputs, tags: { by: "hand" } }, "what the program does not set stays out");
});

test("read of what has no old state is an import: all inputs come from Azure", async () => {
  const { id, inputs } = await makeAccount();
  assert.deepEqual((await engine.read(account, id, {}, {})).inputs, inputs);
});

test("an import of a secret has all but its value, which Azure never tells; a refresh of a known one changes nothing", async () => {
  const group = { resourceGroupName: "group" };
  const ofVault = { tenantId: own.cloud.entra.tenantId, sku: { family: "A", name: "standard" } };
  const properties = { ...ofVault, enableRbacAuthorization: true };
  await own.make("keyvault:Vault", "v", { ...group, vaultName: "imported", properties });
  const inputs = { ...group, vaultName: "imported", secretName: "s", properties: { value: "hush", contentType: "a" } };
  const { id, outputs } = await engine.create(secret, inputs);
  assert.deepEqual(await engine.read(secret, id, inputs, outputs), { id, inputs, outputs });
  const imported = await engine.read(secret, id, {}, {});
  assert.doesNotMatch(JSON.stringify(imported), /hush/);
  assert.deepEqual(imported.inputs, { ...inputs, properties: { contentType: "a" } });
  assert.deepEqual((await engine.check(secret, imported.inputs)).failures, []);
  assert.deepEqual(await engine.read(secret, id, imported.inputs, imported.outputs), imported);
  own.cloud.vault("imported").secrets.set("s", "by hand");
  assert.doesNotMatch(JSON.stringify(await engine.read(secret, id, imported.inputs, imported.outputs)), /hush|by hand/);
});

test("read of what is gone has no id", async () => {
  const { id, inputs, outputs } = await makeAccount();
  await own.resources.delete(id);
  assert.equal((await engine.read(account, id, inputs, outputs)).id, "");
});

test("what Azure refuses reaches the engine in Azure's words, and who watches", async () => {
  changes.length = 0;
  const { inputs } = await makeAccount();
  await assert.rejects(engine.create(account, inputs), /Conflict: cannot create already existing resource/);
  assert.match(changes.at(-1)?.problem ?? "", /already existing/);
});

test("a resource that was made but is not whole reaches the engine with its id", async () => {
  provider.failure = ({ id }) => new Unfinished("it did not come to an end", id, { name: "half" });
  const { inputs } = await engine.check(account, accountInputs);
  const error: ServiceError = await engine.create(account, inputs).then(
    () => assert.fail("it was made"),
    (reason) => reason,
  );
  const [details] = error.metadata.get("grpc-status-details-bin");
  const [detail] = Status.deserializeBinary(details as Buffer).getDetailsList();
  assert.equal(detail?.getTypeName(), "pulumirpc.ErrorResourceInitFailed");
  const failed = ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
  assert.ok(await own.resources.read(failed.getId()));
  assert.deepEqual(failed.getReasonsList(), ["it did not come to an end"]);
  assert.deepEqual(failed.getProperties()?.toJavaScript(), { name: "half" });
});

test("it answers what a program asks", async () => {
  const { subscriptionId } = await engine.invoke("azure-native:authorization:getClientConfig", {});
  assert.equal(subscriptionId, own.cloud.subscriptionId);
  await assert.rejects(engine.invoke("azure-native:web:getWebApp", {}), /does not support the function/);
});

test("closed, it leaves its port", async () => {
  const other = await ProviderServer.open(provider, "1.2.3");
  const line = new EngineSide(other.port);
  await line.version();
  other.close();
  await assert.rejects(line.version(), /UNAVAILABLE/);
  line.close();
});
