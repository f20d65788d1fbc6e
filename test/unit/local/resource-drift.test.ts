import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { OwnCloud } from "../helpers/own-cloud";
import { makeGround, samples } from "../helpers/resource-samples";

let own: OwnCloud;
before(async () => {
  own = await OwnCloud.open();
  await makeGround(own);
});
after(() => own.close());

/** Makes a sample, lets somebody else do something to it, and reads it. */
async function afterwards(token: string, byHand: (id: string) => unknown) {
  const sample = samples(own)[`azure-native:${token}`];
  assert.ok(sample);
  const { id } = await own.make(token, "drift", sample.inputs);
  await byHand(id);
  const found = await own.resources.read(id);
  return { id, found, again: () => own.make(token, "drift", sample.inputs) };
}

const endpoint = (service: "queue" | "table") => own.cloud.storage.endpoint(service, "ground");

test("what others delete is gone, and can be made again", async () => {
  const gone: [string, (id: string) => unknown][] = [
    ["storage:Queue", () => own.cloud.dataPlane.deleteQueue(endpoint("queue"), "bot-queue")],
    ["storage:Table", () => own.cloud.dataPlane.deleteTable(endpoint("table"), "botstate")],
    ["authorization:RoleAssignment", (id) => own.cloud.access.revoke(id)],
  ];
  for (const [token, byHand] of gone) {
    const { id, found, again } = await afterwards(token, byHand);
    assert.equal(found, undefined, token);
    assert.ok(!own.resources.all.some((resource) => resource.id === id), token);
    await own.resources.delete((await again()).id);
  }
});

test("a secret that was deleted in the vault itself is gone", async () => {
  const { found } = await afterwards("keyvault:Secret", () => own.cloud.vault("ground").secrets.delete("webhook"));
  assert.equal(found, undefined);
});

test("what others made is in the way, as in Azure", async () => {
  await own.cloud.dataPlane.createQueue(endpoint("queue"), "by-hand");
  const queue = { ...samples(own)["azure-native:storage:Queue"]?.inputs, queueName: "by-hand" };
  await assert.rejects(own.make("storage:Queue", "q", queue), /cannot create already existing resource .*by-hand/);
  own.cloud.vault("ground").secrets.set("by-hand", "value");
  const secret = { ...samples(own)["azure-native:keyvault:Secret"]?.inputs, secretName: "by-hand" };
  await assert.rejects(own.make("keyvault:Secret", "s", secret), /cannot create already existing resource .*by-hand/);
});

test("a setting that others changed is read as it is, in inputs and outputs", async () => {
  const { id, found } = await afterwards("web:WebAppApplicationSettings", () =>
    own.cloud.site("ground").configure({ GREETING: "changed" }),
  );
  assert.deepEqual(found?.inputs.properties, { GREETING: "changed" });
  assert.deepEqual(found?.outputs.properties, { GREETING: "changed" });
  await own.resources.delete(id);
  assert.deepEqual(own.cloud.site("ground").settings, {});
});

test("tags that others changed through Azure Resource Manager are read as they are", async () => {
  const token = "azure-native:managedidentity:UserAssignedIdentity";
  const { found, id } = await afterwards("managedidentity:UserAssignedIdentity", async (id) => {
    const inputs = (await own.resources.read(id))?.inputs;
    await own.resources.update(token, id, { ...inputs, tags: { by: "hand" } });
  });
  assert.deepEqual(found?.outputs.tags, { by: "hand" });
  await own.resources.delete(id);
});

test("a bot that was pointed elsewhere says where", async () => {
  const { found, id } = await afterwards("botservice:Bot", (id) => {
    const name = id.split("/").at(-1) ?? "";
    const bot = own.cloud.botService.bot(name);
    assert.ok(bot);
    own.cloud.botService.update({ ...bot, endpoint: "https://elsewhere" });
  });
  assert.match(JSON.stringify(found?.outputs), /"endpoint":"https:\/\/elsewhere"/);
  await own.resources.delete(id);
});

test("a secret's new version shows, and its value nowhere in the outputs", async () => {
  const sample = samples(own)["azure-native:keyvault:Secret"];
  const { id, outputs } = await own.make("keyvault:Secret", "s", { ...sample?.inputs, secretName: "rotated" });
  own.cloud.vault("ground").secrets.set("rotated", "by hand");
  const found = await own.resources.read(id);
  assert.notDeepEqual(found?.outputs, outputs);
  assert.doesNotMatch(JSON.stringify(found?.outputs), /by hand|first/);
});
