import * as storage from "@pulumi/azure-native/storage";
import * as pulumi from "@pulumi/pulumi";
import { poisonSuffix, tableNames } from "../core/names";
import type { Placement } from "./placement";

export interface StorageArgs {
  placement: Placement;
  queueName: string;
  /** Name of the SKU, which says how the account's data is replicated. */
  sku: string;
}

/** The storage account without keys, and the queues and tables in it. Apps never create one: a missing one is an error. */
export class Storage extends pulumi.ComponentResource {
  readonly account: storage.StorageAccount;
  readonly queue: storage.Queue;
  readonly poisonQueue: storage.Queue;
  readonly tables: { name: string; table: storage.Table }[];
  /** `https://<account's queue endpoint>/<queue>` */
  readonly queueUrl: pulumi.Output<string>;

  constructor(name: string, { placement, queueName, sku }: StorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:Storage", name, {}, opts);
    const parent = { parent: this };
    this.account = keylessAccount("proactivebot", placement, sku, parent);
    const inAccount = { accountName: this.account.name, resourceGroupName: placement.resourceGroupName };
    this.queue = new storage.Queue(`${name}-queue`, { ...inAccount, queueName }, parent);
    this.poisonQueue = new storage.Queue(
      `${name}-poison`,
      { ...inAccount, queueName: queueName + poisonSuffix },
      parent,
    );
    this.tables = tableNames.map((tableName) => ({
      name: tableName,
      table: new storage.Table(`${name}-${tableName}`, { ...inAccount, tableName }, parent),
    }));
    // The endpoint ends with "/".
    this.queueUrl = pulumi.interpolate`${this.account.primaryEndpoints.queue}${this.queue.name}`;
    this.registerOutputs();
  }
}

/** @param name short, lower case, no hyphens: azure-native adds eight characters and Azure allows 24. */
function keylessAccount(
  name: string,
  placement: Placement,
  sku: string,
  opts: pulumi.CustomResourceOptions,
): storage.StorageAccount {
  return new storage.StorageAccount(
    name,
    {
      ...placement,
      kind: storage.Kind.StorageV2,
      sku: { name: sku },
      allowBlobPublicAccess: false,
      allowCrossTenantReplication: false,
      allowSharedKeyAccess: false,
      defaultToOAuthAuthentication: true,
      enableHttpsTrafficOnly: true,
      minimumTlsVersion: storage.MinimumTlsVersion.TLS1_2,
    },
    opts,
  );
}
