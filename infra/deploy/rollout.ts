import * as authorization from "@pulumi/azure-native/authorization";
import { WebAppApplicationSettings } from "@pulumi/azure-native/web";
import * as pulumi from "@pulumi/pulumi";
import type { Cloud } from "../clouds";
import { Component } from "../names";
import type { Site } from "../resources/app-service";
import type { AppSettings } from "../resources/app-settings";
import type { Placement } from "../resources/resource-group";
import type { AppPackage } from "./package/app-package";
import { Release } from "./release/release";
import type { DeployerTokens } from "./release/run";

export interface RolloutArgs {
  placement: Placement;
  /** The app. */
  site: Site;
  /** All of the app's settings. */
  settings: AppSettings;
  /** The app's code. */
  package: pulumi.Input<AppPackage>;
  cloud: Pick<Cloud, "appServiceAudience" | "resourceManager">;
  /** For how long the release may take. */
  timeoutSeconds: number;
}

/** Gives a site its settings, then its code, and is done when that code answers. */
export class Rollout extends Component {
  constructor(name: string, args: RolloutArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Rollout", name, opts);
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

  private release(name: string, args: RolloutArgs, settings: WebAppApplicationSettings): void {
    const { site, cloud, timeoutSeconds } = args;
    const { path, version } = pulumi.output(args.package);
    const app = {
      site: site.name,
      siteId: site.id,
      kind: site.kind,
      scmUrl: site.scmUrl,
      appUrl: site.url,
      resourceManager: cloud.resourceManager,
      package: path,
      version,
      // Requested last, so that they are fresh when the push begins; a first preview knows no id, and requests none.
      tokens: settings.id.apply(() => deployerTokens(cloud.appServiceAudience, this)),
      timeoutSeconds,
    };
    new Release(`${name}-release`, app, { parent: this, dependsOn: [site, settings] });
  }
}

/**
 * The deployer's tokens for App Service and for Azure Resource Manager; azure-native requests the second when no audience
 * is named. SCM sites may still know only the second, github.com/microsoft/vscode-azuretools/pull/2258. Some logins get only
 * that one, github.com/Azure/CloudShell/issues/577: then a warning says so.
 * @param audience App Service's
 * @param resource the resource that Pulumi shows the warning beside
 * @throws RunError when the login gets no token for Azure Resource Manager
 */
async function deployerTokens(audience: string, resource: pulumi.Resource): Promise<DeployerTokens> {
  const [appService, resourceManager] = await Promise.all([getToken(audience), getToken()]);
  const { token, refusal } = appService;
  if (!resourceManager.token) {
    throw new pulumi.RunError(
      "The apps cannot be released, because your login gets no token for Azure Resource Manager " +
        `(${resourceManager.refusal})${token ? "" : ` and none for App Service (${refusal})`}. ` +
        "Log in again (`az login`), then run `pulumi up` again.",
    );
  }
  if (!token) {
    await pulumi.log.warn(
      `Your login gets no token for App Service (${refusal}). The code is pushed with the token for Azure Resource Manager instead.`,
      resource,
    );
  }
  return { appService: token, resourceManager: resourceManager.token };
}

/** As a promise, whose failure can be caught: an Output's fails the program. */
async function getToken(endpoint?: string): Promise<{ token?: string; refusal?: string }> {
  try {
    return await authorization.getClientToken({ endpoint });
  } catch (error) {
    return { refusal: (error as Error).message.trim().replace(/\.$/, "") };
  }
}
