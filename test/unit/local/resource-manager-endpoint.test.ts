import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ResourceManagerEndpoint } from "../../../local/cloud/resource-manager-endpoint";
import { makePrincipal, type Principal } from "../../../local/identity/principal";
import { makeZip } from "../../harness/own-app-service";
import { OwnCloud } from "../helpers/own-cloud";

interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of all kinds
  body: any;
}

let own: OwnCloud;
let endpoint: ResourceManagerEndpoint;
let subscription: string;
before(async () => {
  own = await OwnCloud.open();
  endpoint = await ResourceManagerEndpoint.open(own.cloud, own.resources);
  subscription = `/subscriptions/${own.cloud.subscriptionId}`;
});
after(async () => {
  await endpoint.close();
  await own.close();
});

async function ask(method: string, path: string, body?: unknown, token?: string): Promise<Answer> {
  const bearer = token ?? (await tokenOf(own.cloud.operator));
  const response = await fetch(`${endpoint.url}${path}?api-version=2025-01-01`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text && JSON.parse(text) };
}

async function tokenOf(principal: Principal, audience = "https://management.azure.com"): Promise<string> {
  return (await own.cloud.entra.issue(principal, audience)).token;
}

const inGroup = { resourceGroupName: "group", location: "westeurope" };

function makeQueueAccount(accountName: string) {
  const inputs = {
    resourceGroupName: "group",
    location: "westeurope",
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
  };
  const tags = { stack: "test", team: "one" };
  return own.make("storage:StorageAccount", "account", { ...inputs, tags, accountName, allowSharedKeyAccess: false });
}

test("without a token, or with one for something else, there is no answer", async () => {
  const response = await fetch(`${endpoint.url}${subscription}/resources`);
  assert.equal(response.status, 401);
  const other = await tokenOf(own.cloud.operator, "https://storage.azure.com");
  assert.equal((await ask("GET", `${subscription}/resources`, undefined, other)).status, 401);
  assert.equal((await ask("DELETE", own.group, undefined, other)).status, 401);
  assert.ok(await own.resources.read(own.group));
});

test("an app's identity has no right here", async () => {
  const app = own.cloud.entra.enrol(makePrincipal("app"));
  const { status, body } = await ask("GET", own.group, undefined, await tokenOf(app));
  assert.equal(status, 403);
  assert.equal(body.error.code, "AuthorizationFailed");
});

test("it lists the subscription and what is in it", async () => {
  const { id } = await makeQueueAccount("listed");
  const [only] = (await ask("GET", "/subscriptions")).body.value;
  assert.equal(only.subscriptionId, own.cloud.subscriptionId);
  const { value } = (await ask("GET", `${subscription}/resources`)).body;
  const found = value.find((resource: { id: string }) => resource.id === id);
  assert.equal(found.type, "Microsoft.Storage/storageAccounts");
});

test("a resource shows itself, in whichever case it is asked for", async () => {
  const { id } = await makeQueueAccount("shown");
  const { status, body } = await ask("GET", id.toUpperCase());
  assert.equal(status, 200);
  assert.equal(body.id, id);
  assert.equal(body.name, "shown");
  assert.equal((await ask("GET", `${id}x`)).status, 404);
});

test("PATCH changes what it names, and null takes away", async () => {
  const { id } = await makeQueueAccount("patched");
  const { status, body } = await ask("PATCH", id, { tags: { team: null, by: "hand" } });
  assert.equal(status, 200);
  assert.deepEqual(body.tags, { stack: "test", by: "hand" });
  assert.deepEqual((await own.resources.read(id))?.outputs.tags, { stack: "test", by: "hand" });
  assert.equal((await ask("PATCH", `${id}x`, {})).status, 404);
});

test("PATCH of what Azure does not let change is refused in Azure's words", async () => {
  const { id } = await makeQueueAccount("fixed");
  const { status, body } = await ask("PATCH", id, { location: "northeurope" });
  assert.equal(status, 400);
  assert.match(body.error.message, /changing location/);
});

test("DELETE deletes, and of what is gone says so", async () => {
  const { id } = await makeQueueAccount("deleted");
  assert.equal((await ask("DELETE", id)).status, 200);
  assert.equal(await own.resources.read(id), undefined);
  assert.equal((await ask("DELETE", id)).status, 204);
});

test("POST of an app's restart starts it anew, for whoever may and for nothing but an app", async () => {
  const { id: serverFarmId } = await own.make("web:AppServicePlan", "plan", {
    ...inGroup,
    name: "plan",
    reserved: true,
  });
  const siteConfig = { linuxFxVersion: "NODE|22-lts", appCommandLine: "node index.js" };
  const app = { ...inGroup, name: "restarted", kind: "app,linux", serverFarmId, siteConfig };
  const { id } = await own.make("web:WebApp", "app", app);
  const site = own.cloud.site("restarted");
  await site.deploy(makeZip("setInterval(() => {}, 1000);").zip);
  const { pid } = site;
  assert.ok(pid);
  assert.equal((await ask("POST", `${id}/restart`)).status, 200);
  assert.ok(site.pid);
  assert.notEqual(site.pid, pid);
  const other = await tokenOf(own.cloud.operator, "https://appservice.azure.com");
  assert.equal((await ask("POST", `${id}/restart`, undefined, other)).status, 401);
  assert.equal((await ask("POST", `${id}x/restart`)).status, 404);
  assert.equal((await ask("POST", `${serverFarmId}/restart`)).status, 404);
});

test("a deleted vault is listed until it is purged", async () => {
  const properties = {
    tenantId: own.cloud.entra.tenantId,
    sku: { family: "A", name: "standard" },
    enableRbacAuthorization: true,
    softDeleteRetentionInDays: 7,
  };
  const inputs = { resourceGroupName: "group", vaultName: "purged", location: "westeurope", properties };
  const { id } = await own.make("keyvault:Vault", "vault", inputs);
  await ask("DELETE", id);
  const provider = `${subscription}/providers/Microsoft.KeyVault`;
  const names = async () =>
    (await ask("GET", `${provider}/deletedVaults`)).body.value.map(({ name }: { name: string }) => name);
  assert.deepEqual(await names(), ["purged"]);
  assert.equal((await ask("POST", `${provider}/locations/westeurope/deletedVaults/purged/purge`)).status, 200);
  assert.deepEqual(await names(), []);
});
