import * as authorization from "@pulumi/azure-native/authorization";
import { WebAppApplicationSettings } from "@pulumi/azure-native/web";
import * as pulumi from "@pulumi/pulumi";
import type { AppSettings } from "./app-settings";
import type { AppPackage } from "./package/app-package";
import type { Placement } from "./placement";
import { Release } from "./release/release";
import type { Site } from "./site";

export interface RolloutArgs {
  placement: Placement;
  site: Site;
  settings: AppSettings;
  package: pulumi.Input<AppPackage>;
  /** Audience of the token that may push code. */
  audience: string;
  timeoutSeconds: number;
}

/** Gives a site its settings, then its code, and is done when that code answers. */
export class Rollout extends pulumi.ComponentResource {
  constructor(name: string, args: RolloutArgs, opts?: pulumi.ComponentResourceOptions) {
    super("proactive-bot:infra:Rollout", name, {}, opts);
    const settings = this.applySettings(name, args);
    this.release(name, args, settings);
    this.registerOutputs();
  }

  /**
   * Not part of the site: settings hold the Direct Line key, whose channel needs the bot, which needs the site's host name.
   * Azure replaces all settings with these.
   */
  private applySettings(name: string, { site, placement, settings }: RolloutArgs): WebAppApplicationSettings {
    const args = { name: site.name, resourceGroupName: placement.resourceGroupName, properties: settings };
    return new WebAppApplicationSettings(`${name}-settings`, args, {
      parent: this,
      additionalSecretOutputs: ["properties"],
    });
  }

  private release(
    name: string,
    { site, audience, timeoutSeconds, ...args }: RolloutArgs,
    settings: pulumi.Resource,
  ): Release {
    // Asked for last, so that it is fresh when the push begins and a first preview needs none.
    const token = authorization.getClientTokenOutput({ endpoint: audience }, { dependsOn: [settings] }).token;
    const { path, version } = pulumi.output(args.package);
    return new Release(
      `${name}-release`,
      {
        site: site.name,
        kind: site.kind,
        scmUrl: site.scmUrl,
        appUrl: site.url,
        package: path,
        version,
        token: pulumi.secret(token),
        timeoutSeconds,
      },
      { parent: this, dependsOn: [site, settings] },
    );
  }
}
