import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { LocalCloud, type LocalCloudOptions } from "../../../local/cloud/local-cloud";
import { ResourceManager } from "../../../local/cloud/resource-manager";
import type { Properties } from "../../../local/cloud/resource-type";

/** A local cloud in the test's own process, with one resource group. */
export class OwnCloud {
  readonly group: string;
  readonly resources: ResourceManager;

  private constructor(
    readonly cloud: LocalCloud,
    readonly home: string,
    /** What the cloud and its apps said. */
    readonly lines: string[],
  ) {
    this.group = `/subscriptions/${cloud.subscriptionId}/resourceGroups/group`;
    this.resources = new ResourceManager(cloud);
  }

  static async open(options: Partial<LocalCloudOptions> = {}): Promise<OwnCloud> {
    const home = mkdtempSync(path.join(tmpdir(), "own-cloud-"));
    const lines: string[] = [];
    const cloud = await LocalCloud.open({
      home,
      functionsHost: () => [],
      log: (_source, line) => lines.push(line),
      onDeath: (app, cause) => lines.push(`the ${app} ${cause}`),
      ...options,
    });
    const own = new OwnCloud(cloud, home, lines);
    await own.make("resources:ResourceGroup", "group", { resourceGroupName: "group", location: "westeurope" });
    return own;
  }

  /** @param token without `azure-native:` */
  make(token: string, logicalName: string, inputs: Properties) {
    return this.resources.create(`azure-native:${token}`, logicalName, inputs);
  }

  /** The id of something in the group. */
  idOf(rest: string): string {
    return `${this.group}/providers/${rest}`;
  }

  role(guid: string): string {
    return `/subscriptions/${this.cloud.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
  }

  async close(): Promise<void> {
    await this.cloud.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}
