import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { EngineProject } from "../../harness/engine-project";
import type { OwnCloud as OwnCloudType } from "../helpers/own-cloud";

const guide = readFileSync(path.resolve(__dirname, "../../../docs/local.md"), "utf8");

/** The code that docs/local.md shows for a file. */
function example(file: string): string {
  const [, code] = new RegExp(`^\`${file}\`.*:\n\n\`\`\`ts\n([^]*?)^\`\`\`$`, "m").exec(guide) ?? [];
  assert.ok(code, `docs/local.md has an example of ${file}`);
  return code;
}

let fork: EngineProject;
before(() => {
  fork = EngineProject.make();
});
after(() => fork?.remove());

test("the example of docs/local.md gives blob containers a body", async (t) => {
  const at = (file: string) => path.join(fork.folder, file);
  writeFileSync(at("local/cloud/types/blob-container.ts"), example("local/cloud/types/blob-container.ts"));
  const types = readFileSync(at("local/cloud/resource-types.ts"), "utf8");
  const line = example("local/cloud/resource-types.ts");
  const registered = types.replace(/^(export const resourceTypes.*\n)/m, `$1${line}`);
  const imported = 'import { blobContainer } from "./types/blob-container";\n';
  writeFileSync(at("local/cloud/resource-types.ts"), imported + registered);

  const { OwnCloud } = require(at("test/unit/helpers/own-cloud.ts")) as { OwnCloud: typeof OwnCloudType };
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
