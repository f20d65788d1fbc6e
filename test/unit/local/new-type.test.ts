import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { EngineProject } from "../../harness/engine-project";
import { applyBlocks, blocksOf } from "../../harness/walkthrough";
import type { OwnCloud as OwnCloudType } from "../helpers/own-cloud";

const page = readFileSync(path.resolve(__dirname, "../../../docs/local.md"), "utf8");

let fork: EngineProject;
before(() => {
  fork = EngineProject.make();
});
after(() => fork?.remove());

test("the example of docs/local.md gives blob containers a body", async (t) => {
  applyBlocks(fork.folder, blocksOf(page, "A body for a new type"));
  const { OwnCloud } = require(path.join(fork.folder, "test/unit/helpers/own-cloud.ts")) as {
    OwnCloud: typeof OwnCloudType;
  };
  const own = await OwnCloud.open(); // strict
  t.after(() => own.close());
  const account = { resourceGroupName: "group", accountName: "account" };
  const storage = { ...account, kind: "StorageV2", sku: { name: "Standard_LRS" }, allowSharedKeyAccess: false };
  await own.make("storage:StorageAccount", "account", storage);
  const { id, outputs } = await own.make("storage:BlobContainer", "photos", account);
  assert.equal(id, own.idOf("Microsoft.Storage/storageAccounts/account/blobServices/default/containers/photos"));
  assert.equal(outputs.name, "photos");

  const { dataPlane, storage: servers } = own.cloud;
  const url = `${servers.endpoint("blob", "account")}photos?restype=container`;
  assert.equal((await dataPlane.request(url, "GET")).status, 200, "Azurite has the container");
  await dataPlane.request(url, "DELETE");
  assert.equal(await own.resources.read(id), undefined, "a refresh sees that it is gone");
  const again = await own.make("storage:BlobContainer", "photos", account);
  await own.resources.delete(again.id);
  assert.equal((await dataPlane.request(url, "GET")).status, 404);
});
