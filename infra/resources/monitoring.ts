import * as applicationinsights from "@pulumi/azure-native/applicationinsights";
import * as monitor from "@pulumi/azure-native/monitor";
import * as operationalinsights from "@pulumi/azure-native/operationalinsights";
import type * as pulumi from "@pulumi/pulumi";
import { Component } from "../names";
import type { Placement } from "./resource-group";

/** The destination of all logs: one Log Analytics workspace, with Application Insights for the Functions host on top. */
export class Monitoring extends Component {
  readonly workspace: operationalinsights.Workspace;
  readonly insights: applicationinsights.Component;

  constructor(name: string, { placement }: { placement: Placement }, opts?: pulumi.ComponentResourceOptions) {
    super("Monitoring", name, opts);
    const perGigabyte = { name: operationalinsights.WorkspaceSkuNameEnum.PerGB2018 };
    const workspace = { ...placement, sku: perGigabyte, retentionInDays: 30 };
    this.workspace = new operationalinsights.Workspace(`${name}-logs`, workspace, { parent: this });
    const insights = {
      ...placement,
      kind: "web",
      applicationType: applicationinsights.ApplicationType.Web,
      ingestionMode: applicationinsights.IngestionMode.LogAnalytics,
      workspaceResourceId: this.workspace.id,
      // Telemetry only with a token of the function's identity: the connection string alone opens nothing.
      disableLocalAuth: true,
    };
    this.insights = new applicationinsights.Component(`${name}-insights`, insights, { parent: this });
    this.registerOutputs();
  }
}

export interface ConsoleLogsArgs {
  /** Id of the site that writes them. */
  siteId: pulumi.Input<string>;
  monitoring: Monitoring;
}

/** Sends an app's stdout and stderr to the workspace, as its table AppServiceConsoleLogs. */
export class ConsoleLogs extends Component {
  constructor(name: string, { siteId, monitoring }: ConsoleLogsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("ConsoleLogs", name, opts);
    const logs = [{ category: "AppServiceConsoleLogs", enabled: true }];
    const args = { name: "console-logs", resourceUri: siteId, workspaceId: monitoring.workspace.id, logs };
    // azure-native registers Microsoft.Insights for a new subscription with Application Insights, and cannot with a diagnostic
    // setting, whose refusal it does not understand: github.com/pulumi/pulumi-azure-native/issues/3479
    new monitor.DiagnosticSetting(name, args, { parent: this, dependsOn: [monitoring.insights] });
    this.registerOutputs();
  }
}

export interface PoisonAlertArgs {
  placement: Placement;
  /** Id of the Application Insights that the function logs to. */
  insightsId: pulumi.Input<string>;
  /** The recipient's address. */
  email: string;
  /** The action group's short name, which the mails show. */
  shortName: string;
}

/** Sends mail when a message is in the poison queue, and again when the queue is empty. */
export class PoisonAlert extends Component {
  constructor(name: string, args: PoisonAlertArgs, opts?: pulumi.ComponentResourceOptions) {
    super("PoisonAlert", name, opts);
    const { placement, insightsId, email, shortName } = args;
    const emailReceivers = [{ name: "operator", emailAddress: email, useCommonAlertSchema: true }];
    // Action groups are not regional.
    const group = { ...placement, location: "global", groupShortName: shortName, enabled: true, emailReceivers };
    const operators = new monitor.ActionGroup(`${name}-operators`, group, { parent: this });
    // In its workspace the table has another name: learn.microsoft.com/azure/azure-monitor/app/convert-classic-resource#understand-log-queries
    const scopes = [insightsId];
    const rule = { ...placement, ...poisonRule, scopes, actions: { actionGroups: [operators.id] } };
    // azure-native would try to change the scope, which Azure refuses: github.com/pulumi/pulumi-azure-native/issues/4839
    new monitor.ScheduledQueryRule(`${name}-poison-alert`, rule, { parent: this, replaceOnChanges: ["scopes"] });
    this.registerOutputs();
  }
}

/** The function's poison watch logs this line every five minutes, as long as a message is in the poison queue. */
const query = 'traces | where message startswith "Poison queue:"';

/** When the alert fires, and when it is resolved. */
const poisonRule = {
  kind: monitor.Kind.LogAlert,
  displayName: "Messages wait in the poison queue",
  description: "Look at them with `npm run cli -- poison list`.",
  enabled: true,
  severity: 2, // a warning
  // Not ConditionOperator.GreaterThan, which is another type's "gt".
  criteria: { allOf: [{ query, timeAggregation: "Count", operator: "GreaterThan", threshold: 0 }] },
  evaluationFrequency: "PT5M",
  // The time of three lines: one late line does not resolve the alert.
  windowSize: "PT15M",
  // It is resolved after three checks without a line: learn.microsoft.com/azure/azure-monitor/alerts/alerts-overview#stateful-alerts
  autoMitigate: true,
  // Else a new Application Insights, whose tables may come late, may stop `pulumi up`: github.com/mspnp/aks-baseline/pull/422
  skipQueryValidation: true,
};
