import { ArmError } from "../arm-error";
import type { LocalCloud } from "../local-cloud";
import { same, suffixed } from "../names";
import { resourceType } from "../resource-type";
import { inGroup } from "./resource-group";

const accountId = `${inGroup}/Microsoft.Storage/storageAccounts/{accountName}`;

interface InAccount {
  accountName: string;
}

interface StorageAccountInputs {
  kind: string;
  /** Azure's default is true. */
  allowSharedKeyAccess?: boolean;
}

export const storageAccount = resourceType<StorageAccountInputs>({
  id: accountId,
  name: /^[a-z0-9]{3,24}$/,
  autoname: suffixed,
  inputs: [
    "resourceGroupName",
    "accountName",
    "location",
    "tags",
    "kind",
    "sku",
    "allowBlobPublicAccess",
    "allowCrossTenantReplication",
    "allowSharedKeyAccess",
    "defaultToOAuthAuthentication",
    "enableHttpsTrafficOnly",
    "minimumTlsVersion",
    "isHnsEnabled",
  ],
  required: ["kind", "sku"],
  replaces: ["location", "isHnsEnabled"],
  create({ cloud, inputs, id, name }) {
    const { storage } = cloud;
    if (storage.hasAccount(name)) {
      throw new ArmError("StorageAccountAlreadyTaken", `The storage account named ${name} is already taken.`);
    }
    storage.addAccount(name);
    protect(cloud, id, name, inputs);
    const endpoint = (service: "queue" | "table" | "blob") => storage.endpoint(service, name);
    return { primaryEndpoints: { queue: endpoint("queue"), table: endpoint("table"), blob: endpoint("blob") } };
  },
  update({ cloud, inputs, olds, id, name }) {
    if (inputs.kind !== olds.kind && inputs.kind !== "StorageV2") {
      throw new ArmError("AccountPropertyCannotBeUpdated", `${olds.kind} cannot become ${inputs.kind}`);
    }
    protect(cloud, id, name, inputs);
    return {};
  },
  async delete({ cloud: { dataPlane, storage, storageGuard }, name }) {
    await dataPlane.empty((service) => storage.endpoint(service, name)); // else another account of that name would have it
    storageGuard.unprotect(name);
    storage.removeAccount(name);
  },
});

function protect(cloud: LocalCloud, id: string, name: string, { allowSharedKeyAccess = true }: StorageAccountInputs) {
  cloud.storageGuard.protect({ name, id, allowSharedKeyAccess });
}

export const queue = resourceType<InAccount>({
  id: `${accountId}/queueServices/default/queues/{queueName}`,
  name: /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/,
  autoname: same,
  inputs: ["resourceGroupName", "accountName", "queueName"],
  async create({ cloud, inputs, name }) {
    await cloud.dataPlane.createQueue(cloud.storage.endpoint("queue", inputs.accountName), name);
    return {};
  },
  async read({ cloud, inputs, name }) {
    const there = await cloud.dataPlane.hasQueue(cloud.storage.endpoint("queue", inputs.accountName), name);
    return there ? {} : undefined;
  },
  async delete({ cloud, inputs, name }) {
    await cloud.dataPlane.deleteQueue(cloud.storage.endpoint("queue", inputs.accountName), name);
  },
});

export const table = resourceType<InAccount>({
  id: `${accountId}/tableServices/default/tables/{tableName}`,
  name: /^[A-Za-z][A-Za-z0-9]{2,62}$/,
  autoname: same,
  inputs: ["resourceGroupName", "accountName", "tableName"],
  async create({ cloud, inputs, name }) {
    await cloud.dataPlane.createTable(cloud.storage.endpoint("table", inputs.accountName), name);
    return {};
  },
  async read({ cloud, inputs, name }) {
    const there = await cloud.dataPlane.hasTable(cloud.storage.endpoint("table", inputs.accountName), name);
    return there ? {} : undefined;
  },
  async delete({ cloud, inputs, name }) {
    await cloud.dataPlane.deleteTable(cloud.storage.endpoint("table", inputs.accountName), name);
  },
});
