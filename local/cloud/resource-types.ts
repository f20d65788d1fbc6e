import type { ResourceType } from "./resource-type";
import { actionGroup, scheduledQueryRule } from "./types/alerts";
import { plan, publishingPasswords, webApp, webAppApplicationSettings } from "./types/app-service";
import { bot, channel } from "./types/bot-service";
import { deployment } from "./types/deployment";
import { secret, vault } from "./types/key-vault";
import { component, diagnosticSetting, workspace } from "./types/monitoring";
import { randomBytes } from "./types/random-bytes";
import { resourceGroup } from "./types/resource-group";
import { roleAssignment } from "./types/role-assignment";
import { queue, storageAccount, table } from "./types/storage";
import { userAssignedIdentity } from "./types/user-assigned-identity";

/** All that can exist in the local cloud, by Pulumi's token. */
export const resourceTypes: Record<string, ResourceType> = {
  "azure-native:applicationinsights:Component": component,
  "azure-native:authorization:RoleAssignment": roleAssignment,
  "azure-native:botservice:Bot": bot,
  "azure-native:botservice:Channel": channel,
  "azure-native:keyvault:Secret": secret,
  "azure-native:keyvault:Vault": vault,
  "azure-native:managedidentity:UserAssignedIdentity": userAssignedIdentity,
  "azure-native:monitor:ActionGroup": actionGroup,
  "azure-native:monitor:DiagnosticSetting": diagnosticSetting,
  "azure-native:monitor:ScheduledQueryRule": scheduledQueryRule,
  "azure-native:operationalinsights:Workspace": workspace,
  "azure-native:resources:Deployment": deployment,
  "azure-native:resources:ResourceGroup": resourceGroup,
  "azure-native:storage:Queue": queue,
  "azure-native:storage:StorageAccount": storageAccount,
  "azure-native:storage:Table": table,
  "azure-native:web:AppServicePlan": plan,
  "azure-native:web:WebApp": webApp,
  "azure-native:web:WebAppApplicationSettings": webAppApplicationSettings,
  "azure-native:web:WebAppFtpAllowed": publishingPasswords("ftp"),
  "azure-native:web:WebAppScmAllowed": publishingPasswords("scm"),
  "random:index/randomBytes:RandomBytes": randomBytes,
};
