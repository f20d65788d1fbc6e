import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { DeletedVaults } from "../../../local/vault/deleted-vaults";
import { OwnCloud } from "../helpers/own-cloud";
import { directLine, makeGround, samples } from "../helpers/resource-samples";

const secretsOfficer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7";
const queueMessageSender = "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a";

let own: OwnCloud;
before(async () => {
  own = await OwnCloud.open();
  await makeGround(own);
});
after(() => own.close());

function inputsOf(token: string) {
  const sample = samples(own)[`azure-native:${token}`];
  assert.ok(sample);
  return sample.inputs;
}

test("names and locations are filled in as azure-native does, and stay what they are", () => {
  const token = "azure-native:storage:StorageAccount";
  const { inputs } = own.resources.check(token, "account", inputsOf("storage:StorageAccount"));
  assert.match(String(inputs.accountName), /^account[0-9a-f]{8}$/);
  assert.equal(inputs.location, "westeurope", "the group's");
  const olds = { ...inputs, location: "northeurope" };
  const later = own.resources.check(token, "account", inputsOf("storage:StorageAccount"), olds).inputs;
  assert.equal(later.accountName, inputs.accountName);
  assert.equal(later.location, "northeurope");
});

test("a name that Azure would not have is refused with its input", () => {
  const inputs = { ...inputsOf("storage:StorageAccount"), accountName: "No-Such-Account" };
  const { failures } = own.resources.check("azure-native:storage:StorageAccount", "account", inputs);
  assert.deepEqual(
    failures.map(({ property }) => property),
    ["accountName"],
  );
  assert.match(failures[0]?.reason ?? "", /"No-Such-Account" must match/);
});

test("what lies within an input is refused with its whole path, and what is not known yet is not", () => {
  const refused = (token: string, inputs: object) =>
    own.resources.check(`azure-native:${token}`, "x", { ...inputsOf(token), ...inputs }).failures[0]?.property;
  const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
  assert.equal(refused("web:WebApp", { siteConfig: { pythonVersion: "3" } }), "siteConfig.pythonVersion");
  assert.equal(refused("web:WebApp", { siteConfig: { linuxFxVersion: "PYTHON|3.12" } }), "siteConfig.linuxFxVersion");
  assert.equal(refused("web:WebApp", { siteConfig: { linuxFxVersion: unknown } }), undefined);
  assert.equal(refused("web:WebApp", { identity: { type: "SystemAssigned" } }), "identity.type");
  assert.equal(refused("web:WebAppScmAllowed", { allow: true }), "allow");
  assert.equal(refused("web:AppServicePlan", { reserved: false }), "reserved");
  assert.equal(refused("keyvault:Vault", { properties: { sku: { family: "A" } } }), "properties.tenantId");
  assert.equal(refused("keyvault:Vault", { properties: { tenantId: unknown, sku: { family: "A" } } }), undefined);
  assert.equal(refused("keyvault:Secret", { properties: { attributes: {} } }), "properties.attributes");
  const template = (...resources: object[]) => ({ properties: { mode: "Incremental", template: { resources } } });
  const [channel = {}] = directLine("ground").resources;
  assert.equal(refused("resources:Deployment", { location: "westeurope" }), "location");
  assert.equal(refused("resources:Deployment", { properties: { mode: "Complete", template: {} } }), "properties.mode");
  const place = "properties.template.resources[0]";
  assert.equal(refused("resources:Deployment", template({ ...channel, type: "Microsoft.Web/sites" })), `${place}.type`);
  assert.equal(refused("resources:Deployment", template({ ...channel, name: "[parameters('bot')]" })), place);
  assert.equal(refused("resources:Deployment", template({ ...channel, scope: "x" })), `${place}.scope`);
  assert.equal(refused("resources:Deployment", template({ ...channel, name: unknown })), undefined);
  const { properties } = inputsOf("botservice:Bot") as { properties: object };
  assert.equal(
    refused("botservice:Bot", { properties: { ...properties, endpoint: "http://x" } }),
    "properties.endpoint",
  );
  assert.equal(
    refused("botservice:Bot", { properties: { ...properties, disableLocalAuth: true } }),
    "properties.disableLocalAuth",
  );
});

test("an alert that Azure would not take is refused with the input that is wrong", () => {
  const refused = (token: string, inputs: object) =>
    own.resources
      .check(`azure-native:${token}`, "x", { ...inputsOf(token), ...inputs })
      .failures.map(({ property }) => property);
  const group = (inputs: object) => refused("monitor:ActionGroup", inputs);
  assert.deepEqual(group({ location: "westeurope" }), ["location"]);
  assert.deepEqual(group({ groupShortName: "proactive-bot" }), ["groupShortName"]);
  assert.deepEqual(group({ emailReceivers: [{ name: "a", phone: "1" }] }), ["emailReceivers[0].phone"]);
  const rule = (inputs: object) => refused("monitor:ScheduledQueryRule", inputs);
  assert.deepEqual(rule({ kind: "LogToMetric" }), ["kind"]);
  assert.deepEqual(rule({ severity: 5 }), ["severity"]);
  assert.deepEqual(rule({ windowSize: "PT7M", evaluationFrequency: "5 minutes" }), [
    "evaluationFrequency",
    "windowSize",
  ]);
  assert.deepEqual(rule({ evaluationFrequency: "PT30M" }), ["evaluationFrequency"]);
  assert.deepEqual(rule({ criteria: {} }), ["criteria.allOf"]);
  // What azure-native's ConditionOperator says.
  assert.deepEqual(rule({ criteria: { allOf: [{ operator: "gt" }] } }), ["criteria.allOf[0].operator"]);
  assert.deepEqual(rule({ criteria: { allOf: [{ dimensions: [] }] } }), ["criteria.allOf[0].dimensions"]);
  // Mutually exclusive with autoMitigate: github.com/Azure/azure-powershell/issues/22583
  assert.deepEqual(rule({ muteActionsDuration: "PT1H" }), ["muteActionsDuration"]);
});

test("an alert refers to what exists, and keeps its scope", async () => {
  const token = "monitor:ScheduledQueryRule";
  const gone = own.idOf("Microsoft.Insights/components/nowhere");
  const rule = inputsOf(token);
  await assert.rejects(own.make(token, "r", { ...rule, scopes: [gone] }), /ResourceNotFound: .*nowhere does not exist/);
  await assert.rejects(own.make(token, "r", { ...rule, scopes: [own.group, own.group] }), /exactly one scope/);
  const actions = { actionGroups: [gone] };
  await assert.rejects(own.make(token, "r", { ...rule, actions }), /ResourceNotFound: .*nowhere does not exist/);
  const { id } = await own.make(token, "r", rule);
  const update = (change: object) => own.resources.update(`azure-native:${token}`, id, { ...rule, ...change });
  await assert.rejects(update({ actions }), /ResourceNotFound: .*nowhere does not exist/);
  await assert.rejects(update({ scopes: [own.group] }), /BadRequest: Scope can not be updated/);
  await own.resources.delete(id);
});

test("a type or function that is not here is refused by its name", async () => {
  assert.throws(
    () => own.resources.check("azure-native:sql:Server", "x", {}),
    /does not support resources of type .*sql/,
  );
  await assert.rejects(own.resources.invoke("azure-native:sql:getServer", {}), /does not support the function .*sql/);
});

test("a difference is told by its path; one in a location's case and spaces is none", () => {
  const diff = (token: string, olds: object, news: object) =>
    own.resources.diff(`azure-native:${token}`, { ...olds }, { ...news });
  const { changed } = diff(
    "web:WebAppApplicationSettings",
    { name: "x", properties: { A: "1", "b.c": "2", gone: "3" } },
    { name: "x", properties: { A: "2", "b.c": "3", added: "4" } },
  );
  assert.deepEqual(changed.sort(), ["properties.A", "properties.added", "properties.gone", 'properties["b.c"]'].sort());
  const sites = (isEnabled: boolean) => ({ properties: { sites: [{ isEnabled }] } });
  assert.deepEqual(diff("botservice:Channel", sites(true), sites(false)).changed, ["properties.sites[0].isEnabled"]);
  assert.deepEqual(diff("web:WebApp", { location: "West Europe" }, { location: "westeurope" }).changed, []);
});

test("a resource with a name of its own is deleted before it is made again; one with a random name afterwards", () => {
  const replaced = (name: string) =>
    own.resources.diff("azure-native:web:WebApp", { name, location: "westeurope" }, { name, location: "northeurope" });
  assert.deepEqual(replaced("proactive-bot"), {
    changed: ["location"],
    replaces: ["location"],
    deleteBeforeReplace: true,
  });
  assert.equal(replaced("proactive-bot1a2b3c4d").deleteBeforeReplace, false);
  const guid = { roleAssignmentName: "6f1c2a34-8f8e-4f0f-8a4b-95d3f6f0b0b1" };
  const other = own.resources.diff(
    "azure-native:authorization:RoleAssignment",
    { ...guid, principalId: "a" },
    { ...guid, principalId: "b" },
  );
  assert.equal(other.deleteBeforeReplace, false);
  const random = own.resources.diff("random:index/randomBytes:RandomBytes", { length: 1 }, { length: 2 });
  assert.equal(random.deleteBeforeReplace, false);
});

test("nothing is made in what does not exist, and nothing changes that does not exist", async () => {
  const elsewhere = { ...inputsOf("storage:StorageAccount"), resourceGroupName: "nowhere" };
  await assert.rejects(
    own.make("storage:StorageAccount", "a", elsewhere),
    /ResourceNotFound: .*nowhere does not exist/,
  );
  const queue = { ...inputsOf("storage:Queue"), accountName: "nowhere" };
  await assert.rejects(own.make("storage:Queue", "q", queue), /ResourceNotFound: .*nowhere does not exist/);
  const serverFarmId = own.idOf("Microsoft.Web/serverfarms/nowhere");
  await assert.rejects(
    own.make("web:WebApp", "w", { ...inputsOf("web:WebApp"), serverFarmId }),
    /server farm .*nowhere/,
  );
  const id = own.idOf("Microsoft.Storage/storageAccounts/nowhere");
  await assert.rejects(own.resources.update("azure-native:storage:StorageAccount", id, elsewhere), /ResourceNotFound/);
});

test("two of one name are not made at once", async () => {
  const make = () => own.make("storage:Queue", "q", { ...inputsOf("storage:Queue"), queueName: "at-once" });
  const [first, second] = await Promise.allSettled([make(), make()]);
  assert.equal(first.status, "fulfilled");
  assert.equal(second.status, "rejected");
});

test("names that are unique in all of Azure are not given twice, whatever the group", async () => {
  await own.make("resources:ResourceGroup", "other", { resourceGroupName: "other" });
  const again: [string, object, RegExp][] = [
    ["storage:StorageAccount", { accountName: "ground" }, /StorageAccountAlreadyTaken/],
    ["keyvault:Vault", { vaultName: "Ground" }, /VaultAlreadyExists/],
    ["web:WebApp", { name: "Ground" }, /Website with given name Ground already exists/],
    ["botservice:Bot", { resourceName: "ground" }, /The bot name ground is already in use/],
  ];
  for (const [token, name, refusal] of again) {
    const inputs = { ...inputsOf(token), resourceGroupName: "other", ...name };
    await assert.rejects(own.make(token, "again", inputs), refusal);
  }
});

test("an app id is one bot's alone", async () => {
  const first = await own.make("botservice:Bot", "one", inputsOf("botservice:Bot"));
  await assert.rejects(own.make("botservice:Bot", "two", inputsOf("botservice:Bot")), /MsaAppId .* is already in use/);
  await own.resources.delete(first.id);
});

test("the same role is not given twice to the same principal at the same scope, and nothing of it changes but the text", async () => {
  const token = "azure-native:authorization:RoleAssignment";
  const inputs = inputsOf("authorization:RoleAssignment");
  const { id } = await own.make("authorization:RoleAssignment", "first", inputs);
  await assert.rejects(own.make("authorization:RoleAssignment", "second", inputs), /RoleAssignmentExists: .*first/);
  const other = { ...inputs, roleDefinitionId: own.role(queueMessageSender) };
  await assert.rejects(
    own.resources.update(token, id, other),
    /RoleAssignmentUpdateNotPermitted: the roleDefinitionId/,
  );
  await own.resources.delete(id);
});

test("a plan is not deleted while sites are on it", async () => {
  const plan = own.idOf("Microsoft.Web/serverfarms/ground");
  await assert.rejects(own.resources.delete(plan), {
    name: "ArmError",
    code: "Conflict",
    message: /Server farm 'ground' cannot be deleted because it has web app\(s\) ground assigned to it/,
  });
  assert.ok(await own.resources.read(plan));
});

test("changes that Azure refuses are refused with its reason, and nothing has changed", async () => {
  const refused: [string, object, object, RegExp][] = [
    [
      "keyvault:Vault",
      {},
      { properties: { ...(inputsOf("keyvault:Vault").properties as object), softDeleteRetentionInDays: 8 } },
      /"softDeleteRetentionInDays" has been set already and it can't be modified/,
    ],
    ["storage:StorageAccount", {}, { kind: "BlobStorage" }, /StorageV2 cannot become BlobStorage/],
    [
      "botservice:Bot",
      {},
      { properties: { ...(inputsOf("botservice:Bot").properties as object), msaAppId: "another" } },
      /msaAppId of the bot .* cannot be changed/,
    ],
    ["web:WebApp", {}, { kind: "functionapp,linux" }, /PropertyChangeNotAllowed: changing kind/],
  ];
  for (const [token, more, change, reason] of refused) {
    const made = await own.make(token, "fixed", { ...inputsOf(token), ...more });
    const before = await own.resources.read(made.id);
    const update = own.resources.update(`azure-native:${token}`, made.id, { ...before?.inputs, ...change });
    await assert.rejects(update, reason);
    assert.deepEqual(await own.resources.read(made.id), before);
    await own.resources.delete(made.id);
  }
});

test("a deleted vault keeps its name until it is purged", async () => {
  const inputs = { ...inputsOf("keyvault:Vault"), vaultName: "kept" };
  const { id } = await own.make("keyvault:Vault", "kept", inputs);
  const { url } = own.cloud.vault("kept");
  await own.resources.delete(id);
  await assert.rejects(fetch(url), "nothing listens any more");
  await assert.rejects(own.make("keyvault:Vault", "kept", inputs), /exists in deleted state: kept has to be .*purged/);
  const [deleted] = own.resources.deletedVaults.filter(({ name }) => name === "kept");
  assert.equal(deleted?.vaultId, id);
  assert.equal(deleted?.location, "westeurope");
  await own.resources.purge("kept");
  await assert.rejects(own.resources.purge("kept"), /DeletedVaultNotFound/);
  await own.make("keyvault:Vault", "kept", inputs);
});

test("a deleted vault is purged by itself when its days are over", () => {
  let now = Date.UTC(2026, 0, 1);
  const deleted = new DeletedVaults(() => now);
  deleted.add({ name: "Old", location: "westeurope", vaultId: "/id" }, 7);
  assert.deepEqual(deleted.all[0]?.scheduledPurgeDate, new Date(Date.UTC(2026, 0, 8)));
  now = Date.UTC(2026, 0, 8) - 1;
  assert.equal(deleted.has("old"), true);
  now += 1;
  assert.equal(deleted.has("old"), false);
});

test("a secret is deleted only by whoever has a role in its vault, and then with its vault in any case", async () => {
  const vault = await own.make("keyvault:Vault", "safe", { ...inputsOf("keyvault:Vault"), vaultName: "safe" });
  const inputs = { ...inputsOf("keyvault:Secret"), vaultName: "safe" };
  const { id } = await own.make("keyvault:Secret", "one", { ...inputs, secretName: "one" });
  await own.make("keyvault:Secret", "two", { ...inputs, secretName: "two" });
  await assert.rejects(own.resources.delete(id), {
    name: "ArmError",
    message: /^Forbidden: 403: Caller is not authorized to perform action on resource\./,
  });
  assert.ok(await own.resources.read(id));
  const role = { principalId: own.cloud.operator.objectId, roleDefinitionId: own.role(secretsOfficer) };
  await own.make("authorization:RoleAssignment", "operator", { ...role, scope: vault.id });
  await own.resources.delete(id);
  assert.equal(await own.resources.read(id), undefined);
  await assert.rejects(
    own.make("keyvault:Secret", "one", { ...inputs, secretName: "one" }),
    /currently in a deleted but recoverable state/,
  );
  await own.resources.delete(vault.id);
  assert.equal(own.resources.all.filter(({ id }) => id.startsWith(vault.id)).length, 0);
});

test("of a bot's channels, Web Chat is there with the bot, Teams is declared, and others are refused", async () => {
  const channel = (channelName: string) => ({ ...inputsOf("botservice:Channel"), channelName });
  await assert.rejects(own.make("botservice:Channel", "chat", channel("WebChatChannel")), /already existing resource/);
  const { id } = await own.make("botservice:Channel", "teams", channel("MsTeamsChannel"));
  assert.ok(await own.resources.read(id));
  await own.resources.delete(id);
  assert.equal(await own.resources.read(id), undefined);
  const { failures } = own.resources.check("azure-native:botservice:Channel", "slack", channel("SlackChannel"));
  assert.deepEqual(
    failures.map(({ property }) => property),
    ["channelName"],
  );
});

test("a second write to a site during the first one is refused, and one after it is not", async () => {
  const site = { resourceGroupName: "group", name: "ground" };
  const refuse = (way: string) => own.make(`web:WebApp${way}Allowed`, way, { ...site, allow: false });
  const settings = () => own.make("web:WebAppApplicationSettings", "settings", { ...site, properties: {} });
  const outcomes = await Promise.allSettled([refuse("Ftp"), refuse("Scm"), settings()]);
  const reasons = outcomes.map((outcome) => (outcome.status === "rejected" ? String(outcome.reason) : ""));
  assert.equal(reasons[0], "");
  for (const reason of reasons.slice(1)) assert.match(reason, /409: .*sites\/ground because another operation is in/);
  await refuse("Scm");
  await settings();
});

test("a plan is refused more instances than its size has, and zones where it has none", async () => {
  const plan = { resourceGroupName: "group", kind: "linux", reserved: true };
  const make = (name: string, capacity: number, zoneRedundant = false) =>
    own.make("web:AppServicePlan", "scaled", { ...plan, sku: { name, capacity }, zoneRedundant });
  await assert.rejects(make("B1", 4), /A plan of size B1 has 3 instances at most/);
  await assert.rejects(make("S1", 2, true), /A plan of size S1 cannot be zone redundant/);
  await assert.rejects(make("P1v3", 1, true), /A zone-redundant plan has 2 instances at least/);
  await make("P0v3", 2, true);
  await make("B3", 3);
});
