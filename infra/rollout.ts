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
  /** Audience of the token that pushes code. */
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
   * Not part of the site: the bot's address is needed for its registration, whose Direct Line key is in the vault, whose
   * address is a setting. Azure replaces all settings with these. They wait for all parts of the site: it takes one write at a time.
   */
  private applySettings(name: string, { site, placement, settings }: RolloutArgs): WebAppApplicationSettings {
    const args = { name: site.name, resourceGroupName: placement.resourceGroupName, properties: settings };
    return new WebAppApplicationSettings(`${name}-settings`, args, { parent: this, dependsOn: [site] });
  }

  private release(
    name: string,
    { site, audience, timeoutSeconds, ...args }: RolloutArgs,
    settings: pulumi.Resource,
  ): Release {
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
        tokens: deployerTokens(audience, settings),
        timeoutSeconds,
      },
      { parent: this, dependsOn: [site, settings] },
    );
  }
}

/**
 * Tokens of whoever deploys: for App Service, and for Azure Resource Manager (what azure-native asks for when nothing is
 * named, by cloud) since SCM sites may still know only that one: github.com/microsoft/vscode-azuretools/pull/2258.
 */
function deployerTokens(audience: string, after: pulumi.Resource): pulumi.Output<string[]> {
  // Asked for last, so that they are fresh when the push begins and a first preview needs none.
  const opts = { dependsOn: [after] };
  const answers = [{ endpoint: audience }, {}].map((args) => authorization.getClientTokenOutput(args, opts));
  return pulumi.secret(pulumi.all(answers.map(({ token }) => token)));
}
