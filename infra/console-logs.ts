import { DiagnosticSetting } from "@pulumi/azure-native/monitor";
import * as pulumi from "@pulumi/pulumi";
import type { Monitoring } from "./monitoring";

export interface ConsoleLogsArgs {
  siteId: pulumi.Input<string>;
  monitoring: Monitoring;
}

/** Sends what an app writes to stdout and stderr to the workspace, where its table is AppServiceConsoleLogs. */
export class ConsoleLogs extends pulumi.ComponentResource {
  constructor(name: string, { siteId, monitoring }: ConsoleLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:ConsoleLogs", name, {}, opts);
    const logs = [{ category: "AppServiceConsoleLogs", enabled: true }];
    const args = { name: "console-logs", resourceUri: siteId, workspaceId: monitoring.workspace.id, logs };
    // azure-native registers Microsoft.Insights for a new subscription with Application Insights, and cannot with a diagnostic
    // setting, whose refusal it does not understand: github.com/pulumi/pulumi-azure-native/issues/3479
    new DiagnosticSetting(name, args, { parent: this, dependsOn: [monitoring.insights] });
    this.registerOutputs();
  }
}
