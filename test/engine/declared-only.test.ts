import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { ServedCloud } from "../../local/served-cloud";
import { CleanUp } from "../harness/clean-up";
import { summary } from "../harness/engine-events";
import { EngineProject } from "../harness/engine-project";
import { Pulumi, skipWithoutPulumi } from "../harness/pulumi";

/** A program of which the local cloud knows no more than the group and the account, and not the account's `accessTier`. */
const program = (minimumTlsVersion: string, accessTier: string) => `
import { Redis } from "@pulumi/azure-native/redis";
import { ResourceGroup } from "@pulumi/azure-native/resources";
import { StorageAccount } from "@pulumi/azure-native/storage";
import { RandomPassword } from "@pulumi/random";

const { name: resourceGroupName } = new ResourceGroup("group");
const password = new RandomPassword("password", { length: 20 });
const sku = { name: "Basic", family: "C", capacity: 0 };
const cache = new Redis("cache", { resourceGroupName, sku, minimumTlsVersion: "${minimumTlsVersion}", tags: { admin: password.id } });
const account = { kind: "StorageV2", sku: { name: "Standard_LRS" }, allowSharedKeyAccess: false };
new StorageAccount("archive", { resourceGroupName, ...account, accessTier: "${accessTier}" });
export = { cacheName: cache.name, cacheId: cache.id };
`;

test("the real engine makes, keeps, changes and deletes what is declared only", {
  skip: skipWithoutPulumi,
}, async () => {
  const cleanUp = new CleanUp();
  try {
    const things: string[] = [];
    const onDeclaredOnly = (thing: string) => things.push(thing);
    const served = await ServedCloud.open({ apps: "stand-in", log: () => {}, onDeclaredOnly });
    cleanUp.add(() => served.close());
    const project = EngineProject.make();
    cleanUp.add(async () => project.remove());
    const write = (...settings: Parameters<typeof program>) =>
      writeFileSync(path.join(project.folder, "infra/index.ts"), program(...settings));
    write("1.2", "Cool");
    const stack = await (await Pulumi.open(project, served.env)).stack("fork", {
      "azure-native:location": "westeurope",
    });

    await stack.preview();
    assert.equal((await stack.up()).filter(({ op }) => op === "create").length, 5, "with the stack itself");
    const { cacheName = "", cacheId = "" } = await stack.outputs();
    assert.match(cacheName, /^cache[0-9a-f]{8}$/);
    assert.match(cacheId, new RegExp(`/providers/Microsoft.Redis/redis/${cacheName}$`));
    assert.deepEqual(await stack.up("--expect-no-changes"), []);
    assert.deepEqual(await stack.refresh("--expect-no-changes"), []);

    write("1.1", "Hot");
    assert.deepEqual(summary(await stack.up()), ["update redis:Redis cache", "update storage:StorageAccount archive"]);
    assert.equal((await served.resources.read(cacheId))?.outputs.minimumTlsVersion, "1.1");
    await served.resources.delete(cacheId);
    assert.deepEqual(summary(await stack.refresh()), ["delete redis:Redis cache"]);
    assert.deepEqual(summary(await stack.up()), ["create redis:Redis cache"]);
    await stack.destroy();
    assert.deepEqual(served.resources.all, []);
    assert.deepEqual(things.toSorted(), [
      'azure-native:redis:Redis "cache"',
      'azure-native:storage:StorageAccount "archive": accessTier',
      'random:index/randomPassword:RandomPassword "password"',
    ]);
  } finally {
    await cleanUp.now();
  }
});
