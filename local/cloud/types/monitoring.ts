import { randomUUID } from "node:crypto";
import { ArmError } from "../arm-error";
import type { LocalCloud } from "../local-cloud";
import { same, suffixed } from "../names";
import { resourceType } from "../resource-type";
import { inGroup } from "./resource-group";

export const workspace = resourceType({
  id: `${inGroup}/Microsoft.OperationalInsights/workspaces/{workspaceName}`,
  name: /^(?=.{4,63}$)[A-Za-z0-9][-A-Za-z0-9]*[A-Za-z0-9]$/,
  autoname: suffixed,
  inputs: ["resourceGroupName", "workspaceName", "location", "tags", "sku", "retentionInDays"],
  replaces: ["location"],
  create: () => ({ customerId: randomUUID() }),
});

interface ComponentInputs {
  workspaceResourceId?: string;
}

/** Nothing listens at its endpoint: what the real host would send there is in the log of `npm start`. */
export const component = resourceType<ComponentInputs>({
  id: `${inGroup}/Microsoft.Insights/components/{resourceName}`,
  autoname: suffixed,
  inputs: [
    "resourceGroupName",
    "resourceName",
    "location",
    "tags",
    "kind",
    "applicationType",
    "ingestionMode",
    "workspaceResourceId",
    "disableLocalAuth",
    "flowType", // azure-native's own default, as the next ones
    "requestSource",
    "publicNetworkAccessForIngestion",
    "publicNetworkAccessForQuery",
  ],
  required: ["kind", "applicationType"],
  replaces: ["location"],
  create({ cloud, inputs }) {
    refuseMissing(cloud, inputs.workspaceResourceId);
    const instrumentationKey = randomUUID();
    const connectionString = `InstrumentationKey=${instrumentationKey};IngestionEndpoint=https://localhost/`;
    return { instrumentationKey, connectionString };
  },
  update({ cloud, inputs }) {
    refuseMissing(cloud, inputs.workspaceResourceId);
    return {};
  },
});

interface DiagnosticSettingInputs {
  resourceUri: string;
  workspaceId?: string;
}

export const diagnosticSetting = resourceType<DiagnosticSettingInputs>({
  id: "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
  autoname: same,
  inputs: ["resourceUri", "name", "workspaceId", "logs"],
  create({ cloud, inputs }) {
    refuseMissing(cloud, inputs.resourceUri, inputs.workspaceId);
    return {};
  },
  update({ cloud, inputs }) {
    refuseMissing(cloud, inputs.workspaceId);
    return {};
  },
});

/** @throws ArmError when something that is referred to does not exist */
export function refuseMissing(cloud: LocalCloud, ...ids: (string | undefined)[]): void {
  const missing = ids.find((id) => id !== undefined && !cloud.exists(id));
  if (missing) throw new ArmError("ResourceNotFound", `${missing} does not exist`);
}
