import * as monitor from "@pulumi/azure-native/monitor";
import * as pulumi from "@pulumi/pulumi";
import type { Placement } from "./placement";

export interface PoisonAlertArgs {
  placement: Placement;
  /** Id of the Application Insights that the function logs to. */
  insightsId: pulumi.Input<string>;
  /** Who is told. */
  email: string;
}

/** What the function's poison watch logs every five minutes, as long as something lies in the poison queue. */
const query = 'traces | where message startswith "Poison queue:"';

/** When it fires, and when it is resolved. */
const rule = {
  kind: monitor.Kind.LogAlert,
  displayName: "Messages wait in the poison queue",
  description: "Look at them with `npm run cli -- poison list`.",
  enabled: true,
  severity: 2, // a warning
  // Not ConditionOperator.GreaterThan, which is another type's "gt".
  criteria: { allOf: [{ query, timeAggregation: "Count", operator: "GreaterThan", threshold: 0 }] },
  evaluationFrequency: "PT5M",
  // Three lines' time: one that comes late ends nothing.
  windowSize: "PT15M",
  // It is resolved after three checks without a line: learn.microsoft.com/azure/azure-monitor/alerts/alerts-overview#stateful-alerts
  autoMitigate: true,
  // Else a new Application Insights, whose tables may come late, may stop `pulumi up`: github.com/mspnp/aks-baseline/pull/422
  skipQueryValidation: true,
};

/** Sends mail when a message lies in the poison queue, and again when none does any more. */
export class PoisonAlert extends pulumi.ComponentResource {
  constructor(name: string, args: PoisonAlertArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:PoisonAlert", name, {}, opts);
    const operators = this.operators(name, args);
    this.watch(name, args, operators);
    this.registerOutputs();
  }

  private operators(name: string, { placement, email }: PoisonAlertArgs): monitor.ActionGroup {
    const emailReceivers = [{ name: "operator", emailAddress: email, useCommonAlertSchema: true }];
    // Action groups are not regional. Azure allows 12 characters for the short name.
    const args = { ...placement, location: "global", groupShortName: "proactivebot", enabled: true, emailReceivers };
    return new monitor.ActionGroup(`${name}-operators`, args, { parent: this });
  }

  private watch(name: string, { placement, insightsId }: PoisonAlertArgs, operators: monitor.ActionGroup): void {
    // In its workspace the table has another name: learn.microsoft.com/azure/azure-monitor/app/convert-classic-resource#understand-log-queries
    const scopes = [insightsId];
    const args = { ...placement, ...rule, scopes, actions: { actionGroups: [operators.id] } };
    // azure-native would try to change the scope, which Azure refuses: github.com/pulumi/pulumi-azure-native/issues/4839
    const opts = { parent: this, replaceOnChanges: ["scopes"] };
    new monitor.ScheduledQueryRule(`${name}-poison-alert`, args, opts);
  }
}
