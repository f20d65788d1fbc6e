import { PrincipalType, RoleAssignment } from "@pulumi/azure-native/authorization";
import { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../names";
import type { Monitoring } from "./monitoring";
import type { Placement } from "./resource-group";
import type { Storage } from "./storage";
import type { Vault } from "./vault";

/** Azure's built-in roles that the program assigns: learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export const roles = {
  keyVaultSecretsUser: "4633458b-17de-408a-b874-0445c86b69e6",
  blobDataOwner: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
  metricsPublisher: "3913510d-42f4-4e42-8a64-420c390055eb",
  queueDataContributor: "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
  queueDataReader: "19e7f393-937e-4f77-808e-94535e297925",
  queueMessageSender: "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a",
  tableDataContributor: "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
};

/**
 * One identity for each app. The bot's *is* the bot: its client id is the Microsoft App ID, and every workload that holds
 * it can speak as the bot, so no other workload gets it.
 */
export class Identities extends Component {
  readonly bot: UserAssignedIdentity;
  readonly function: UserAssignedIdentity;

  constructor(name: string, { placement }: { placement: Placement }, opts?: pulumi.ComponentResourceOptions) {
    super("Identities", name, opts);
    this.bot = new UserAssignedIdentity(`${name}-bot`, placement, { parent: this });
    this.function = new UserAssignedIdentity(`${name}-function`, placement, { parent: this });
    this.registerOutputs();
  }
}

export interface AccessArgs {
  /** The subscription, whose role definitions are assigned. */
  subscriptionId: pulumi.Input<string>;
  identities: Identities;
  storage: Storage;
  monitoring: Monitoring;
  vault: Vault;
  operator: Operator;
}

/** The person, group or pipeline that runs the bot and may look into its queues and tables. */
export interface Operator {
  /** Object id in Microsoft Entra. */
  objectId: pulumi.Input<string>;
  /** Whether the configuration names this operator; else it is the deployer of the first `pulumi up`. */
  named: boolean;
}

interface Grant {
  /** The principal's part of the assignment's logical name. */
  principal: string;
  principalId: pulumi.Input<string>;
  principalType?: PrincipalType;
  role: keyof typeof roles;
  on: pulumi.Resource & { id: pulumi.Input<string> };
  /** The resource's part of the assignment's logical name. */
  resource: string;
  ignoreChanges?: string[];
}

/** azure-native would say "User" for a plain undefined, and Azure then refuses groups and service principals. */
const undeclared = pulumi.output<PrincipalType | undefined>(undefined);

/** The role assignments: each role at the narrowest scope that suffices. Names are left to azure-native, which keeps a random GUID. */
export class Access extends Component {
  private readonly subscriptionId: pulumi.Input<string>;

  constructor(name: string, args: AccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Access", name, opts);
    this.subscriptionId = args.subscriptionId;
    for (const grant of [...forBot(args), ...forFunction(args), ...forOperator(args)]) this.assign(grant);
    this.registerOutputs();
  }

  private assign({ principal, resource, role, on, principalId, principalType, ignoreChanges }: Grant): void {
    const definitions = pulumi.interpolate`/subscriptions/${this.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions`;
    const roleDefinitionId = pulumi.interpolate`${definitions}/${roles[role]}`;
    const args = { principalId, principalType: principalType ?? undeclared, roleDefinitionId, scope: on.id };
    new RoleAssignment(`${principal}-${role}-${resource}`, args, { parent: this, ignoreChanges });
  }
}

/** The bot sends to both queues, checks that they exist, reads and writes the tables and reads the vault. */
function forBot({ identities, storage, vault }: AccessArgs): Grant[] {
  const bot = { principal: "bot", ...app(identities.bot) };
  return [
    ...queues(storage).flatMap((queue): Grant[] => [
      { ...bot, role: "queueMessageSender", ...queue },
      { ...bot, role: "queueDataReader", ...queue },
    ]),
    ...tables(storage).map((table): Grant => ({ ...bot, role: "tableDataContributor", ...table })),
    { ...bot, ...secrets(vault) },
  ];
}

/**
 * The roles that Microsoft documents for a Functions host whose storage has no keys, though a queue trigger alone needs less;
 * they also let the function write into `deliveries`:
 * learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
 */
function forFunction({ identities, storage, monitoring, vault }: AccessArgs): Grant[] {
  const host = { principal: "function", ...app(identities.function) };
  const account = { on: storage.account, resource: "account" };
  return [
    { ...host, role: "blobDataOwner", ...account },
    { ...host, role: "queueDataContributor", ...account },
    { ...host, role: "tableDataContributor", ...account },
    // learn.microsoft.com/azure/azure-monitor/app/azure-ad-authentication
    { ...host, role: "metricsPublisher", on: monitoring.insights, resource: "insights" },
    { ...host, ...secrets(vault) },
  ];
}

/** No principalType: the operator may be a user, a group or a pipeline. */
function forOperator({ storage, operator }: AccessArgs): Grant[] {
  // Otherwise a laptop and a pipeline would take the roles from each other with every `pulumi up`.
  const ignoreChanges = operator.named ? [] : ["principalId"];
  const person = { principal: "operator", principalId: operator.objectId, ignoreChanges };
  return [
    ...queues(storage).map((queue): Grant => ({ ...person, role: "queueDataContributor", ...queue })),
    ...tables(storage).map((table): Grant => ({ ...person, role: "tableDataContributor", ...table })),
  ];
}

/** With its type Azure does not look the principal up, which fails while a new identity is not known everywhere. */
function app(identity: { principalId: pulumi.Output<string> }) {
  return { principalId: identity.principalId, principalType: PrincipalType.ServicePrincipal };
}

/**
 * At the vault, which holds nothing but the apps' secrets: Microsoft advises against roles on single secrets, and these
 * exist too late to wait for. learn.microsoft.com/azure/key-vault/general/rbac-guide#best-practices-for-individual-keys-secrets-and-certificates-role-assignments
 */
function secrets({ vault }: Vault): Pick<Grant, "role" | "on" | "resource"> {
  return { role: "keyVaultSecretsUser", on: vault, resource: "vault" };
}

function queues({ queue, poisonQueue }: Storage): Pick<Grant, "on" | "resource">[] {
  return [
    { on: queue, resource: "queue" },
    { on: poisonQueue, resource: "poison" },
  ];
}

function tables({ tables }: Storage): Pick<Grant, "on" | "resource">[] {
  return tables.map(({ name, table }) => ({ on: table, resource: name }));
}
