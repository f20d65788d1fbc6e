import * as storage from "@pulumi/azure-native/storage";
import * as pulumi from "@pulumi/pulumi";
import { poisonSuffix, tableNames } from "../../core/names";
import { Component, formerNames } from "../names";
import type { Placement } from "./resource-group";

export interface StorageArgs {
  placement: Placement;
  /** The account's logical name. */
  accountName: string;
  /** The queue that other systems write to; the poison queue is named after it. */
  queueName: string;
  /** Name of the SKU, which says how the account's data is replicated. */
  sku: string;
}

/** The storage account without keys, and its queues and tables. Apps never create one: a missing one is an error. */
export class Storage extends Component {
  readonly account: storage.StorageAccount;
  /** The queue that other systems write to. */
  readonly queue: storage.Queue;
  /** This queue and the poison queue, by the end of their logical names. */
  readonly queues: Record<string, storage.Queue>;
  /** By name. */
  readonly tables: Record<string, storage.Table>;
  /** `https://<account's queue endpoint>/<queue>` */
  readonly queueUrl: pulumi.Output<string>;

  constructor(name: string, args: StorageArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Storage", name, opts);
    const parent = { parent: this };
    const aliases = [{ name: formerNames.storageAccount }];
    this.account = new storage.StorageAccount(args.accountName, keylessAccount(args), { ...parent, aliases });
    const inAccount = { accountName: this.account.name, resourceGroupName: args.placement.resourceGroupName };
    const queue = (label: string, queueName: string) =>
      new storage.Queue(`${name}-${label}`, { ...inAccount, queueName }, parent);
    this.queue = queue("queue", args.queueName);
    this.queues = { queue: this.queue, poison: queue("poison", args.queueName + poisonSuffix) };
    const table = (tableName: string) => new storage.Table(`${name}-${tableName}`, { ...inAccount, tableName }, parent);
    this.tables = Object.fromEntries(tableNames.map((tableName) => [tableName, table(tableName)]));
    // The endpoint ends with "/".
    this.queueUrl = pulumi.interpolate`${this.account.primaryEndpoints.queue}${this.queue.name}`;
    this.registerOutputs();
  }
}

function keylessAccount({ placement, sku }: StorageArgs): storage.StorageAccountArgs {
  return {
    ...placement,
    kind: storage.Kind.StorageV2,
    sku: { name: sku },
    allowBlobPublicAccess: false,
    allowCrossTenantReplication: false,
    allowSharedKeyAccess: false,
    defaultToOAuthAuthentication: true,
    enableHttpsTrafficOnly: true,
    minimumTlsVersion: storage.MinimumTlsVersion.TLS1_2,
  };
}
