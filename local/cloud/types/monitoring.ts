import { randomUUID } from "node:crypto";
import { ArmError } from "../arm-error";
import { same, suffixed } from "../names";
import { type Making, resourceType } from "../resource-type";
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

/** Nothing listens at its endpoint. The telemetry of the real host is in the log of `npm start`. */
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
  create(making) {
    checkReferences(making, { workspaceResourceId: making.inputs.workspaceResourceId });
    const instrumentationKey = randomUUID();
    const connectionString = `InstrumentationKey=${instrumentationKey};IngestionEndpoint=https://localhost/`;
    return { instrumentationKey, connectionString };
  },
  update(changing) {
    checkReferences(changing, { workspaceResourceId: changing.inputs.workspaceResourceId });
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
  create(making) {
    const { resourceUri, workspaceId } = making.inputs;
    checkReferences(making, { resourceUri, workspaceId });
    return {};
  },
  update(changing) {
    checkReferences(changing, { workspaceId: changing.inputs.workspaceId });
    return {};
  },
});

/** Checks references to resources, which others than the program may have made. @throws ArmError for a missing one in a cloud that is strict */
export function checkReferences<T>(
  { cloud, declaredOnly }: Making<T>,
  references: Record<string, string | undefined>,
): void {
  for (const [property, id] of Object.entries(references)) {
    if (id === undefined || cloud.exists(id)) continue;
    declaredOnly(property, new ArmError("ResourceNotFound", `${id} does not exist`));
  }
}
