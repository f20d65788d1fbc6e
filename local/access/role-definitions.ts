import { AccessError } from "./access-error";

/** The actions that a role allows. `*` in a pattern matches any characters, including slashes. Case is ignored. */
export interface RoleDefinition {
  name: string;
  /** Actions on resources, through Azure Resource Manager or through a service's own API. */
  actions: string[];
  notActions?: string[];
  /** Actions on the content of resources: messages, entities, blobs, secrets. `actions` never include these. */
  dataActions: string[];
}

const blobs = "Microsoft.Storage/storageAccounts/blobServices";
const queues = "Microsoft.Storage/storageAccounts/queueServices/queues";
const tables = "Microsoft.Storage/storageAccounts/tableServices/tables";

/**
 * The built-in roles of Azure that the local cloud supports, by GUID. Source:
 * learn.microsoft.com/azure/role-based-access-control/built-in-roles (storage, security, monitor, privileged, general).
 */
const definitions: Record<string, RoleDefinition> = {
  "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": {
    name: "Storage Blob Data Owner",
    actions: [`${blobs}/containers/*`, `${blobs}/generateUserDelegationKey/action`],
    dataActions: [`${blobs}/containers/blobs/*`],
  },
  "ba92f5b4-2d11-453d-a403-e96b0029c9fe": {
    name: "Storage Blob Data Contributor",
    actions: [
      `${blobs}/containers/delete`,
      `${blobs}/containers/read`,
      `${blobs}/containers/write`,
      `${blobs}/generateUserDelegationKey/action`,
    ],
    dataActions: [
      `${blobs}/containers/blobs/delete`,
      `${blobs}/containers/blobs/read`,
      `${blobs}/containers/blobs/write`,
      `${blobs}/containers/blobs/move/action`,
      `${blobs}/containers/blobs/add/action`,
    ],
  },
  "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1": {
    name: "Storage Blob Data Reader",
    actions: [`${blobs}/containers/read`, `${blobs}/generateUserDelegationKey/action`],
    dataActions: [`${blobs}/containers/blobs/read`],
  },
  "974c5e8b-45b9-4653-ba55-5f855dd0fb88": {
    name: "Storage Queue Data Contributor",
    actions: [`${queues}/delete`, `${queues}/read`, `${queues}/write`],
    dataActions: [
      `${queues}/messages/delete`,
      `${queues}/messages/read`,
      `${queues}/messages/write`,
      `${queues}/messages/process/action`,
    ],
  },
  "8a0f0c08-91a1-4084-bc3d-661d67233fed": {
    name: "Storage Queue Data Message Processor",
    actions: [],
    dataActions: [`${queues}/messages/read`, `${queues}/messages/process/action`],
  },
  "c6a89b2d-59bc-44d0-9896-0f6e12d7b80a": {
    name: "Storage Queue Data Message Sender",
    actions: [],
    dataActions: [`${queues}/messages/add/action`],
  },
  "19e7f393-937e-4f77-808e-94535e297925": {
    name: "Storage Queue Data Reader",
    actions: [`${queues}/read`],
    dataActions: [`${queues}/messages/read`],
  },
  "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": {
    name: "Storage Table Data Contributor",
    actions: [`${tables}/read`, `${tables}/write`, `${tables}/delete`],
    dataActions: [
      `${tables}/entities/read`,
      `${tables}/entities/write`,
      `${tables}/entities/delete`,
      `${tables}/entities/add/action`,
      `${tables}/entities/update/action`,
    ],
  },
  "76199698-9eea-4c19-bc75-cec21354c6b6": {
    name: "Storage Table Data Reader",
    actions: [`${tables}/read`],
    dataActions: [`${tables}/entities/read`],
  },
  "4633458b-17de-408a-b874-0445c86b69e6": {
    name: "Key Vault Secrets User",
    actions: [],
    dataActions: [
      "Microsoft.KeyVault/vaults/secrets/getSecret/action",
      "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
    ],
  },
  "b86a8fe4-44ce-4948-aee5-eccb2c155cd7": {
    name: "Key Vault Secrets Officer",
    actions: [
      "Microsoft.Authorization/*/read",
      "Microsoft.Insights/alertRules/*",
      "Microsoft.Resources/deployments/*",
      "Microsoft.Resources/subscriptions/resourceGroups/read",
      "Microsoft.Support/*",
      "Microsoft.KeyVault/checkNameAvailability/read",
      "Microsoft.KeyVault/deletedVaults/read",
      "Microsoft.KeyVault/locations/*/read",
      "Microsoft.KeyVault/vaults/*/read",
      "Microsoft.KeyVault/operations/read",
    ],
    dataActions: ["Microsoft.KeyVault/vaults/secrets/*"],
  },
  "3913510d-42f4-4e42-8a64-420c390055eb": {
    name: "Monitoring Metrics Publisher",
    actions: [
      "Microsoft.Insights/Register/Action",
      "Microsoft.Support/*",
      "Microsoft.Resources/subscriptions/resourceGroups/read",
    ],
    dataActions: ["Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"],
  },
  "8e3af657-a8ff-443c-a75c-2fe8c4bcb635": { name: "Owner", actions: ["*"], dataActions: [] },
  "b24988ac-6180-42a0-ab88-20f7382dd24c": {
    name: "Contributor",
    actions: ["*"],
    notActions: [
      "Microsoft.Authorization/*/Delete",
      "Microsoft.Authorization/*/Write",
      "Microsoft.Authorization/elevateAccess/Action",
      "Microsoft.Blueprint/blueprintAssignments/write",
      "Microsoft.Blueprint/blueprintAssignments/delete",
      "Microsoft.Compute/galleries/share/action",
      "Microsoft.Purview/consents/write",
      "Microsoft.Purview/consents/delete",
      "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
      "Microsoft.Subscription/cancel/action",
      "Microsoft.Subscription/enable/action",
    ],
    dataActions: [],
  },
  "acdd72a7-3385-48ef-bd42-f606fba81ae7": { name: "Reader", actions: ["*/read"], dataActions: [] },
  "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9": {
    name: "User Access Administrator",
    actions: ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
    dataActions: [],
  },
  "f58310d9-a9f6-439a-9e8d-f62e7b41a168": {
    name: "Role Based Access Control Administrator",
    actions: [
      "Microsoft.Authorization/roleAssignments/write",
      "Microsoft.Authorization/roleAssignments/delete",
      "*/read",
      "Microsoft.Support/*",
    ],
    dataActions: [],
  },
};

/** @param id `…/providers/Microsoft.Authorization/roleDefinitions/<GUID>` @throws AccessError RoleDefinitionDoesNotExist */
export function roleDefinition(id: string): RoleDefinition {
  const [, guid = ""] = /\/providers\/Microsoft\.Authorization\/roleDefinitions\/([^/]+)$/i.exec(id) ?? [];
  const definition = definitions[guid.toLowerCase()];
  if (definition) return definition;
  throw new AccessError(
    "RoleDefinitionDoesNotExist",
    `The local cloud does not support the role definition "${id}". It supports ${Object.values(definitions)
      .map(({ name }) => name)
      .join(", ")}. Add other roles to local/access/role-definitions.ts.`,
  );
}
