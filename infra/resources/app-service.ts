import type { UserAssignedIdentity } from "@pulumi/azure-native/managedidentity";
import * as web from "@pulumi/azure-native/web";
import * as pulumi from "@pulumi/pulumi";
import { Component } from "../names";
import type { Placement } from "./resource-group";

export interface PlanArgs {
  placement: Placement;
  /** The resource group that the plan is in. */
  group: pulumi.Resource;
  /** The size of the machines. */
  sku: string;
  /** How many instances both apps run on. */
  instances: number;
  /** Whether the instances are spread over the region's availability zones. */
  zoneRedundant: boolean;
}

/** The Linux machines that both apps share, each app on all of them: one bill, always on. */
export class Plan extends Component {
  readonly id: pulumi.Output<string>;

  constructor(name: string, args: PlanArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Plan", name, opts);
    const { placement, group, sku, instances, zoneRedundant } = args;
    // `reserved` is Azure's word for Linux.
    const linux = { kind: "linux", reserved: true };
    const plan = { ...placement, ...linux, sku: { name: sku, capacity: instances }, zoneRedundant };
    // By itself it could not be deleted while it has a site that Pulumi does not know, because an `up` was cut off.
    this.id = new web.AppServicePlan(name, plan, { parent: this, deletedWith: group }).id;
    this.registerOutputs();
  }
}

export type SiteKind = "web" | "function";

export interface SiteArgs {
  placement: Placement;
  kind: SiteKind;
  /** The plan that runs the app. */
  planId: pulumi.Input<string>;
  /** The app's only identity. */
  identity: UserAssignedIdentity;
  /** Major version of Node.js. */
  nodeVersion: string;
}

/** A Linux app on the plan, without passwords, settings and code: the last two come with its `Rollout`. */
export class Site extends Component {
  readonly kind: SiteKind;
  readonly id: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  /** `https://<host>`, no trailing slash. */
  readonly url: pulumi.Output<string>;
  /** Where code is pushed to, `https://<host>`. */
  readonly scmUrl: pulumi.Output<string>;

  constructor(name: string, args: SiteArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Site", name, opts);
    const site = new web.WebApp(name, siteArgs(args), { parent: this });
    this.refusePasswords(name, site, args.placement);

    this.kind = args.kind;
    this.id = site.id;
    this.name = site.name;
    this.url = pulumi.interpolate`https://${site.defaultHostName}`;
    this.scmUrl = pulumi.interpolate`https://${pulumi.all([site.hostNameSslStates, site.defaultHostName]).apply(scmHost)}`;
    this.registerOutputs();
  }

  /** Code can be published with a Microsoft Entra token only. */
  private refusePasswords(name: string, site: web.WebApp, { resourceGroupName }: Placement): void {
    const args = { name: site.name, resourceGroupName, allow: false };
    const ftp = new web.WebAppFtpAllowed(`${name}-ftp`, args, { parent: this });
    // One after the other: Azure refuses a write to a site during another one, github.com/pulumi/pulumi-azure-native/issues/903
    new web.WebAppScmAllowed(`${name}-scm`, args, { parent: this, dependsOn: [ftp] });
  }
}

function siteArgs({ placement, kind, planId, identity, nodeVersion }: SiteArgs): web.WebAppArgs {
  const runtime = {
    web: { kind: "app,linux", config: { linuxFxVersion: `NODE|${nodeVersion}-lts`, appCommandLine: "node index.js" } },
    function: { kind: "functionapp,linux", config: { linuxFxVersion: `NODE|${nodeVersion}` } },
  }[kind];
  return {
    ...placement,
    kind: runtime.kind,
    serverFarmId: planId,
    reserved: true,
    identity: { type: web.ManagedServiceIdentityType.UserAssigned, userAssignedIdentities: [identity.id] },
    httpsOnly: true,
    clientAffinityEnabled: false,
    siteConfig: {
      ...runtime.config,
      alwaysOn: true,
      ftpsState: web.FtpsState.Disabled,
      healthCheckPath: "/healthz",
      http20Enabled: true,
      // Not 1.3: Teams cannot reach a bot that demands it, github.com/MicrosoftDocs/msteams-docs/issues/12015
      minTlsVersion: web.SupportedTlsVersions.SupportedTlsVersions_1_2,
      scmMinTlsVersion: web.SupportedTlsVersions.SupportedTlsVersions_1_2,
      webSocketsEnabled: false,
    },
  };
}

/** Azure lists the SCM host as the one of type Repository; where it lists none, `scm` is the second label of the name. */
function scmHost([states, defaultHostName]: [{ hostType?: string; name?: string }[] | undefined, string]): string {
  const listed = states?.find((state) => state.hostType === "Repository")?.name;
  return listed ?? defaultHostName.replace(".", ".scm.");
}
