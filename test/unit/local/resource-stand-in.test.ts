import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { strToU8, zipSync } from "fflate";
import { makeZip } from "../../harness/own-app-service";
import { OwnCloud } from "../helpers/own-cloud";
import { makeGround, samples } from "../helpers/resource-samples";

let own: OwnCloud;
before(async () => {
  own = await OwnCloud.open({ apps: "stand-in" });
  await makeGround(own);
});
after(() => own.close());

test("a stand-in answers in an app's place which version was pushed, and that it is ready", async () => {
  const { id } = await own.make("web:WebApp", "site", {
    ...samples(own)["azure-native:web:WebApp"]?.inputs,
    name: "stood",
  });
  const site = own.cloud.site("stood");
  const url = `https://${site.hostName}`;
  assert.equal((await fetch(`${url}/healthz`)).status, 503, "nothing was pushed yet");
  const { zip, version } = makeZip("throw new Error('this is never run')");
  await site.deploy(zip);
  assert.deepEqual(await (await fetch(`${url}/healthz`)).json(), { status: "ok", version });
  assert.equal((await fetch(`${url}/readyz`)).status, 200);
  assert.equal((await fetch(`${url}/api/messages`)).status, 503);
  assert.equal(site.pid, undefined);
  await own.resources.delete(id);
  await assert.rejects(fetch(`${url}/healthz`));
});

test("a push that fails stands in the way of nothing that comes later", async () => {
  const inputs = { ...samples(own)["azure-native:web:WebApp"]?.inputs, name: "failing" };
  const { id } = await own.make("web:WebApp", "site", inputs);
  const site = own.cloud.site("failing");
  const { zip, version } = makeZip("");
  const versionless = Buffer.from(zipSync({ "index.js": strToU8("") }));
  await assert.rejects(site.deploy(versionless), /version\.txt/);
  await assert.rejects(site.deploy(Buffer.from("not a zip")), /zip/);
  await site.deploy(zip);
  const answer = await fetch(`https://${site.hostName}/healthz`);
  assert.deepEqual(await answer.json(), { status: "ok", version });
  await assert.rejects(site.deploy(versionless));
  await own.resources.delete(id);
  assert.ok(!own.cloud.hasSite("failing"));
});

test("a site whose deletion failed can be deleted again", async (t) => {
  const inputs = { ...samples(own)["azure-native:web:WebApp"]?.inputs, name: "staying" };
  const { id } = await own.make("web:WebApp", "site", inputs);
  t.mock.method(own.cloud.site("staying"), "close", () => Promise.reject(new Error("the disk is busy")), { times: 1 });
  await assert.rejects(own.resources.delete(id), /the disk is busy/);
  await own.resources.delete(id);
  assert.ok(!own.cloud.hasSite("staying"));
});

test("a group goes with everything in it, and nothing of it listens or counts any more", async () => {
  await own.make("botservice:Channel", "c", samples(own)["azure-native:botservice:Channel"]?.inputs ?? {});
  await own.make("web:WebAppApplicationSettings", "s", {
    ...samples(own)["azure-native:web:WebAppApplicationSettings"]?.inputs,
  });
  await own.make("keyvault:Secret", "s", samples(own)["azure-native:keyvault:Secret"]?.inputs ?? {});
  await own.make("authorization:RoleAssignment", "r", {
    ...samples(own)["azure-native:authorization:RoleAssignment"]?.inputs,
  });
  await own.make("monitor:DiagnosticSetting", "d", {
    ...samples(own)["azure-native:monitor:DiagnosticSetting"]?.inputs,
  });
  const { hostName, scmHostName } = own.cloud.site("ground");
  const { url } = own.cloud.vault("ground");
  await own.resources.delete(own.group);
  assert.deepEqual(own.resources.all, []);
  assert.deepEqual(own.cloud.access.all, []);
  assert.equal(own.cloud.identities.size, 0);
  assert.equal(own.cloud.apps.size, 0);
  assert.equal(own.cloud.botService.bot("ground"), undefined);
  for (const gone of [`https://${hostName}`, `https://${scmHostName}`, url]) await assert.rejects(fetch(gone));
  assert.deepEqual(
    own.resources.deletedVaults.map(({ name }) => name),
    ["ground"],
  );
});
