import { WebAppApplicationSettings } from "@pulumi/azure-native/web";
import * as pulumi from "@pulumi/pulumi";
import type { AppSettings } from "./app-settings";
import type { Cloud } from "./clouds";
import { askForTokens } from "./deployer-tokens";
import type { AppPackage } from "./package/app-package";
import type { Placement } from "./placement";
import { Release } from "./release/release";
import type { Site } from "./site";

export interface RolloutArgs {
  placement: Placement;
  site: Site;
  settings: AppSettings;
  package: pulumi.Input<AppPackage>;
  cloud: Pick<Cloud, "appServiceAudience" | "resourceManager">;
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
   * Not part of the site: the bot's address is needed for its registration, whose Direct Line key is in the vault, whose
   * address is a setting. Azure replaces all settings with these. They wait for all parts of the site: it takes one write at a time.
   */
  private applySettings(name: string, { site, placement, settings }: RolloutArgs): WebAppApplicationSettings {
    const args = { name: site.name, resourceGroupName: placement.resourceGroupName, properties: settings };
    return new WebAppApplicationSettings(`${name}-settings`, args, { parent: this, dependsOn: [site] });
  }

  private release(
    name: string,
    { site, cloud, timeoutSeconds, ...args }: RolloutArgs,
    settings: WebAppApplicationSettings,
  ): Release {
    const { path, version } = pulumi.output(args.package);
    return new Release(
      `${name}-release`,
      {
        site: site.name,
        siteId: site.id,
        kind: site.kind,
        scmUrl: site.scmUrl,
        appUrl: site.url,
        resourceManager: cloud.resourceManager,
        package: path,
        version,
        // Asked for last, so that they are fresh when the push begins; a first preview knows no id, and asks for none.
        tokens: settings.id.apply(() => askForTokens(cloud.appServiceAudience, this)),
        timeoutSeconds,
      },
      { parent: this, dependsOn: [site, settings] },
    );
  }
}
