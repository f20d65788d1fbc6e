import * as applicationinsights from "@pulumi/azure-native/applicationinsights";
import * as operationalinsights from "@pulumi/azure-native/operationalinsights";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "./placement";

/** Where logs go: one Log Analytics workspace, with Application Insights for the Functions host on top. */
export class Monitoring extends pulumi.ComponentResource {
  readonly workspace: operationalinsights.Workspace;
  readonly insights: applicationinsights.Component;

  constructor(name: string, { placement }: { placement: Placement }, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:Monitoring", name, {}, opts);
    this.workspace = new operationalinsights.Workspace(
      `${name}-logs`,
      { ...placement, sku: { name: operationalinsights.WorkspaceSkuNameEnum.PerGB2018 }, retentionInDays: 30 },
      { parent: this },
    );
    this.insights = new applicationinsights.Component(
      `${name}-insights`,
      {
        ...placement,
        kind: "web",
        applicationType: applicationinsights.ApplicationType.Web,
        ingestionMode: applicationinsights.IngestionMode.LogAnalytics,
        workspaceResourceId: this.workspace.id,
        // Telemetry only with a token of the function's identity: the connection string alone opens nothing.
        disableLocalAuth: true,
      },
      { parent: this },
    );
    this.registerOutputs();
  }
}
