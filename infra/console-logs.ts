import { DiagnosticSetting } from "@pulumi/azure-native/monitor";
import * as pulumi from "@pulumi/pulumi";

export interface ConsoleLogsArgs {
  siteId: pulumi.Input<string>;
  workspaceId: pulumi.Input<string>;
}

/** Sends what an app writes to stdout and stderr to the workspace, where its table is AppServiceConsoleLogs. */
export class ConsoleLogs extends pulumi.ComponentResource {
  constructor(name: string, { siteId, workspaceId }: ConsoleLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:ConsoleLogs", name, {}, opts);
    const logs = [{ category: "AppServiceConsoleLogs", enabled: true }];
    new DiagnosticSetting(name, { name: "console-logs", resourceUri: siteId, workspaceId, logs }, { parent: this });
    this.registerOutputs();
  }
}
