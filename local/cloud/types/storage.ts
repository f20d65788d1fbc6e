import { same, suffixed } from "../names";
import { resourceType } from "../resource-type";
import { inGroup } from "./resource-group";

const accountId = `${inGroup}/Microsoft.Storage/storageAccounts/{accountName}`;

interface InAccount {
  accountName: string;
}

interface StorageAccountInputs {
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
    "isHnsEnabled", // azure-native's own default, as the next ones
    "isLocalUserEnabled",
    "isSftpEnabled",
    "enableExtendedGroups",
    "enableNfsV3",
  ],
  create({ cloud: { storage, storageGuard }, inputs: { allowSharedKeyAccess = true }, id, name }) {
    storage.addAccount(name);
    storageGuard.protect({ name, id, allowSharedKeyAccess });
    const endpoint = (service: "queue" | "table" | "blob") => storage.endpoint(service, name);
    return { primaryEndpoints: { queue: endpoint("queue"), table: endpoint("table"), blob: endpoint("blob") } };
  },
});

export const queue = resourceType<InAccount>({
  id: `${accountId}/queueServices/default/queues/{queueName}`,
  name: /^(?=.{3,63}$)[a-z0-9]+(-[a-z0-9]+)*$/,
  autoname: same,
  inputs: ["resourceGroupName", "accountName", "queueName"],
  async create({ cloud, inputs, name }) {
    await cloud.dataPlane.createQueue(cloud.storage.endpoint("queue", inputs.accountName), name);
    return {};
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
});
