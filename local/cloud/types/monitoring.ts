import { randomUUID } from "node:crypto";
import { same, suffixed } from "../names";
import { resourceType } from "../resource-type";
import { inGroup } from "./resource-group";

export const workspace = resourceType({
  id: `${inGroup}/Microsoft.OperationalInsights/workspaces/{workspaceName}`,
  autoname: suffixed,
});

/** Nothing listens at its endpoint: what the real host would send there is in the log of `npm start`. */
export const component = resourceType({
  id: `${inGroup}/Microsoft.Insights/components/{resourceName}`,
  autoname: suffixed,
  create: () => ({ connectionString: `InstrumentationKey=${randomUUID()};IngestionEndpoint=https://localhost/` }),
});

export const diagnosticSetting = resourceType({
  id: "{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
  autoname: same,
});
