import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { strToU8, zipSync } from "fflate";
import type { Properties } from "../../../local/cloud/resource-type";
import { makeZip } from "../../harness/own-app-service";
import { OwnCloud } from "../helpers/own-cloud";
import { makeGround, samples } from "../helpers/resource-samples";

/** An app that tells what it is given. */
const mirror = `require("node:http").createServer((_, response) => {
  response.end(JSON.stringify({ env: process.env, pid: process.pid }));
}).listen(process.env.PORT);`;

let own: OwnCloud;
before(async () => {
  own = await OwnCloud.open();
  await makeGround(own);
});
after(() => own.close());

interface Mirrored {
  env: Record<string, string>;
  pid: number;
}

/** Asks until the app itself answers: its process has only just been started. */
async function look(name: string): Promise<Mirrored> {
  for (;;) {
    const answer = await fetch(`https://${own.cloud.site(name).hostName}/`);
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text) as Mirrored;
    assert.ok([502, 503].includes(answer.status), `${answer.status} ${text}`);
  }
}

const webApp = "azure-native:web:WebApp";

function siteInputs(more: Properties): Properties {
  return { ...samples(own)[webApp]?.inputs, ...more };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function tokenStatus({ env }: Mirrored, clientId: string): Promise<number> {
  const query = `api-version=2019-08-01&resource=https://storage.azure.com&client_id=${clientId}`;
  const headers = { "X-IDENTITY-HEADER": env.IDENTITY_HEADER ?? "" };
  return (await fetch(`${env.IDENTITY_ENDPOINT}?${query}`, { headers })).status;
}

test("an update restarts an app where its process is made of what changed, and only there", async () => {
  const { id } = await own.make("web:WebApp", "site", siteInputs({ name: "changing" }));
  await own.cloud
    .site("changing")
    .deploy(Buffer.from(zipSync({ "index.js": strToU8(mirror), "other.js": strToU8(mirror) })));
  const first = await look("changing");
  await own.resources.update(webApp, id, siteInputs({ name: "changing", httpsOnly: false, tags: { a: "b" } }));
  assert.equal((await look("changing")).pid, first.pid);

  const { id: other, outputs } = await own.make("managedidentity:UserAssignedIdentity", "other", {
    resourceGroupName: "group",
  });
  const clientId = String(outputs.clientId);
  assert.equal(await tokenStatus(first, clientId), 400);
  const identity = { type: "UserAssigned", userAssignedIdentities: [other] };
  await own.resources.update(webApp, id, siteInputs({ name: "changing", identity }));
  const second = await look("changing");
  assert.notEqual(second.pid, first.pid);
  assert.equal(await tokenStatus(second, clientId), 200);

  const siteConfig = { linuxFxVersion: "NODE|22-lts", appCommandLine: "node other.js" };
  await own.resources.update(webApp, id, siteInputs({ name: "changing", identity, siteConfig }));
  const third = await look("changing");
  assert.notEqual(third.pid, second.pid);

  await own.resources.delete(other);
  assert.equal(await tokenStatus(third, clientId), 400, "a deleted identity gets no more tokens");
  assert.equal(own.cloud.entra.principal(String(outputs.principalId)), undefined);
  await own.resources.delete(id);
});

test("a deleted site leaves no process, no port, no identity and no file", async () => {
  const { id, outputs } = await own.make("web:WebApp", "site", siteInputs({ name: "going" }));
  const site = own.cloud.site("going");
  await site.deploy(makeZip(mirror).zip);
  await site.deploy(makeZip(`${mirror} // another`).zip);
  const folders = () => readdirSync(own.home).filter((name) => name.startsWith("going-"));
  assert.equal(folders().length, 1, "what was pushed before is gone already");
  const app = await look("going");
  await own.resources.delete(id);
  assert.equal(isAlive(app.pid), false);
  for (const { name } of outputs.hostNameSslStates as { name: string }[])
    await assert.rejects(fetch(`https://${name}/`));
  assert.equal(await tokenStatus(app, "any"), 401);
  assert.deepEqual(folders(), []);
  assert.throws(() => own.cloud.site("going"), /does not exist/);
  assert.equal(own.lines.filter((line) => /^the bot/.test(line)).length, 0, "no app died by itself");
});

test("a storage account goes with everything in it, and another one of its name has none of that", async () => {
  const account = { ...samples(own)["azure-native:storage:StorageAccount"]?.inputs, accountName: "again" };
  const { id } = await own.make("storage:StorageAccount", "a", account);
  const endpoints = { queue: "", table: "", blob: "" };
  for (const service of ["queue", "table", "blob"] as const)
    endpoints[service] = own.cloud.storage.endpoint(service, "again");
  await own.cloud.dataPlane.createQueue(endpoints.queue, "by-hand");
  await own.cloud.dataPlane.createTable(endpoints.table, "byhand");
  await own.make("storage:Queue", "q", { resourceGroupName: "group", accountName: "again", queueName: "declared" });
  await own.resources.delete(id);
  assert.equal((await fetch(`${endpoints.queue}?comp=list`, { headers: { authorization: "Bearer x" } })).status, 404);

  await own.make("storage:StorageAccount", "a", account);
  assert.equal(await own.cloud.dataPlane.hasQueue(endpoints.queue, "by-hand"), false);
  assert.equal(await own.cloud.dataPlane.hasQueue(endpoints.queue, "declared"), false);
  assert.equal(await own.cloud.dataPlane.hasTable(endpoints.table, "byhand"), false);
});

test("Direct Line's keys can be listed until it is switched off, or its bot is deleted", async () => {
  const list = () =>
    own.resources.invoke("azure-native:botservice:listChannelWithKeys", {
      resourceName: "ground",
      channelName: "DirectLineChannel",
    });
  assert.match(JSON.stringify(await list()), /"siteName":"Default Site"/);
  own.cloud.botService.disableDirectLine("ground");
  await assert.rejects(list(), /ResourceNotFound: the bot ground has no channel DirectLineChannel/);
  await own.resources.delete(own.idOf("Microsoft.BotService/botServices/ground"));
  await assert.rejects(list(), /ResourceNotFound: the bot ground does not exist/);
});

test("two bots live in one cloud; when one goes, the other one stays", async () => {
  await own.make("web:WebApp", "one", siteInputs({ name: "one" }));
  await own.make("web:WebApp", "two", siteInputs({ name: "two" }));
  await own.cloud.site("one").deploy(makeZip(mirror).zip);
  await own.cloud.site("two").deploy(makeZip(mirror).zip);
  const [one, two] = [await look("one"), await look("two")];
  await own.resources.delete(own.idOf("Microsoft.Web/sites/one"));
  assert.equal(isAlive(one.pid), false);
  assert.equal((await look("two")).pid, two.pid);
});
