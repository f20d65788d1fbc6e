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

/** The holder of roles. */
interface Principal {
  /** Its part of the assignments' logical names. */
  name: string;
  id: pulumi.Input<string>;
  type: pulumi.Input<PrincipalType> | pulumi.Output<PrincipalType | undefined>;
  /** Properties of the assignments that stay as they were made. */
  ignoreChanges?: string[];
}

/** Resources that a role is assigned at, by their part of the assignment's logical name. */
type Scopes = Record<string, { id: pulumi.Output<string> }>;

/** The role assignments: each role at the narrowest scope that suffices. Names are left to azure-native, which keeps a random GUID. */
export class Access extends Component {
  private readonly definitions: pulumi.Output<string>;

  constructor(name: string, args: AccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Access", name, opts);
    const { subscriptionId } = args;
    this.definitions = pulumi.interpolate`/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions`;
    this.assignToBot(args);
    this.assignToFunction(args);
    this.assignToOperator(args);
    this.registerOutputs();
  }

  /** The bot sends to both queues, checks that they exist, reads and writes the tables and reads the vault. */
  private assignToBot({ identities, storage: { queues, tables }, vault: { vault } }: AccessArgs): void {
    const bot = app("bot", identities.bot);
    this.assign(bot, "queueMessageSender", queues);
    this.assign(bot, "queueDataReader", queues);
    this.assign(bot, "tableDataContributor", tables);
    // At the vault, which holds only the apps' secrets: Microsoft advises against roles on single secrets, and these exist too late
    // to wait for. learn.microsoft.com/azure/key-vault/general/rbac-guide#best-practices-for-individual-keys-secrets-and-certificates-role-assignments
    this.assign(bot, "keyVaultSecretsUser", { vault });
  }

  /**
   * The roles that Microsoft documents for a Functions host whose storage has no keys, though a queue trigger alone needs
   * less; they also let the function write into `deliveries`:
   * learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
   */
  private assignToFunction({ identities, storage: { account }, monitoring, vault: { vault } }: AccessArgs): void {
    const host = app("function", identities.function);
    this.assign(host, "blobDataOwner", { account });
    this.assign(host, "queueDataContributor", { account });
    this.assign(host, "tableDataContributor", { account });
    // learn.microsoft.com/azure/azure-monitor/app/azure-ad-authentication
    this.assign(host, "metricsPublisher", { insights: monitoring.insights });
    this.assign(host, "keyVaultSecretsUser", { vault });
  }

  private assignToOperator({ operator: { objectId, named }, storage: { queues, tables } }: AccessArgs): void {
    // A user, a group or a pipeline. azure-native would say "User" for a plain undefined, and Azure then refuses the others.
    const type = pulumi.output<PrincipalType | undefined>(undefined);
    // Otherwise a laptop and a pipeline would take the roles from each other with every `pulumi up`.
    const ignoreChanges = named ? [] : ["principalId"];
    const operator = { name: "operator", id: objectId, type, ignoreChanges };
    this.assign(operator, "queueDataContributor", queues);
    this.assign(operator, "tableDataContributor", tables);
  }

  private assign(principal: Principal, role: keyof typeof roles, scopes: Scopes): void {
    const { name, id: principalId, type: principalType, ignoreChanges } = principal;
    const roleDefinitionId = pulumi.interpolate`${this.definitions}/${roles[role]}`;
    for (const [resource, { id: scope }] of Object.entries(scopes)) {
      const args = { principalId, principalType, roleDefinitionId, scope };
      new RoleAssignment(`${name}-${role}-${resource}`, args, { parent: this, ignoreChanges });
    }
  }
}

/** With its type Azure does not look the principal up, which fails while a new identity is not known everywhere. */
function app(name: string, identity: UserAssignedIdentity): Principal {
  return { name, id: identity.principalId, type: PrincipalType.ServicePrincipal };
}
