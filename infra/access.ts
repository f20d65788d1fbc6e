import { PrincipalType, RoleAssignment } from "@pulumi/azure-native/authorization";
import * as pulumi from "@pulumi/pulumi";
import type { Identities } from "./identities";
import type { Monitoring } from "./monitoring";
import { type Role, roles } from "./roles";
import type { Storage } from "./storage";
import type { Vault } from "./vault";

export interface AccessArgs {
  subscriptionId: pulumi.Input<string>;
  identities: Identities;
  storage: Storage;
  monitoring: Monitoring;
  vault: Vault;
  operator: Operator;
}

/** Who runs the bot, and may look into its queues and tables. */
export interface Operator {
  objectId: pulumi.Input<string>;
  /** Whether the configuration names this operator; else it is whoever ran the first `pulumi up`. */
  named: boolean;
}

interface Grant {
  /** Part of the assignment's logical name. */
  who: string;
  principalId: pulumi.Input<string>;
  principalType?: PrincipalType;
  role: Role;
  on: pulumi.Resource & { id: pulumi.Input<string> };
  /** Part of the assignment's logical name. */
  where: string;
  ignoreChanges?: string[];
}

/** azure-native would say "User" for a plain undefined, and Azure then refuses groups and service principals. */
const unsaid = pulumi.output<PrincipalType | undefined>(undefined);

/** Who may do what: each role at the narrowest scope that does. Names are left to azure-native, which keeps a random GUID. */
export class Access extends pulumi.ComponentResource {
  private readonly subscriptionId: pulumi.Input<string>;

  constructor(name: string, args: AccessArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:Access", name, {}, opts);
    this.subscriptionId = args.subscriptionId;
    for (const grant of [...forBot(args), ...forFunction(args), ...forOperator(args)]) this.assign(grant);
    this.registerOutputs();
  }

  private assign({ who, where, role, on, principalId, principalType, ignoreChanges }: Grant): void {
    const definitions = pulumi.interpolate`/subscriptions/${this.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions`;
    const roleDefinitionId = pulumi.interpolate`${definitions}/${roles[role]}`;
    const args = { principalId, principalType: principalType ?? unsaid, roleDefinitionId, scope: on.id };
    new RoleAssignment(`${who}-${role}-${where}`, args, { parent: this, ignoreChanges });
  }
}

/** The bot puts messages into both queues, looks whether they are there, keeps its tables and reads the vault. */
function forBot({ identities, storage, vault }: AccessArgs): Grant[] {
  const bot = { who: "bot", ...app(identities.bot) };
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
 * What Microsoft documents for a Functions host whose storage has no keys, though a queue trigger alone needs less, and
 * what the function writes into `deliveries`:
 * learn.microsoft.com/azure/azure-functions/functions-reference#connecting-to-host-storage-with-an-identity
 */
function forFunction({ identities, storage, monitoring, vault }: AccessArgs): Grant[] {
  const host = { who: "function", ...app(identities.function) };
  const account = { on: storage.account, where: "account" };
  return [
    { ...host, role: "blobDataOwner", ...account },
    { ...host, role: "queueDataContributor", ...account },
    { ...host, role: "tableDataContributor", ...account },
    // learn.microsoft.com/azure/azure-monitor/app/azure-ad-authentication
    { ...host, role: "metricsPublisher", on: monitoring.insights, where: "insights" },
    { ...host, ...secrets(vault) },
  ];
}

/** No principalType: the operator may be a user, a group or a pipeline. */
function forOperator({ storage, operator }: AccessArgs): Grant[] {
  // Else laptop and pipeline would take the roles from each other with every `pulumi up`.
  const ignoreChanges = operator.named ? [] : ["principalId"];
  const person = { who: "operator", principalId: operator.objectId, ignoreChanges };
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
function secrets({ vault }: Vault): Pick<Grant, "role" | "on" | "where"> {
  return { role: "keyVaultSecretsUser", on: vault, where: "vault" };
}

function queues({ queue, poisonQueue }: Storage): Pick<Grant, "on" | "where">[] {
  return [
    { on: queue, where: "queue" },
    { on: poisonQueue, where: "poison" },
  ];
}

function tables({ tables }: Storage): Pick<Grant, "on" | "where">[] {
  return tables.map(({ name, table }) => ({ on: table, where: name }));
}
