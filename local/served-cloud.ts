import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { AzureBehaviour } from "./cloud/azure-behaviour";
import { LocalCloud } from "./cloud/local-cloud";
import { ResourceManager } from "./cloud/resource-manager";
import { ResourceManagerEndpoint } from "./cloud/resource-manager-endpoint";
import { ConsolePage } from "./console/console-page";
import { bundleFunctionsHost } from "./functions-host-bundle";
import { makeHome, removeHome } from "./home";
import { type Change, CloudProvider } from "./provider/cloud-provider";
import { projectProviders } from "./provider/project-providers";
import { ProviderServer } from "./provider/provider-server";
import { findPulumiCli, type PulumiCli } from "./pulumi-cli/pulumi-cli";

export interface ServedCloudOptions {
  /** A folder of `makeHome` for what the cloud keeps. Absent: it makes its own. `close` removes it either way. */
  home?: string;
  /** The console page's port, which is Direct Line's, too. Absent: any. */
  port?: number;
  /** How long a role assignment takes to work, in seconds. Absent: no time. */
  propagation?: number;
  /** Whether apps run, or something answers in their place that they are there. Absent: they run. */
  apps?: "run" | "stand-in";
  /** Absent: as most people meet Azure. */
  azure?: AzureBehaviour;
  /** Called once for each thing that is declared only, such as `azure-native:redis:Redis "cache"`. Absent: it is refused. */
  onDeclaredOnly?(thing: string): void;
  /** A line of an app's log (`bot`, `function`), or of the cloud's own (`azure`). */
  log(source: string, line: string): void;
  /** Something that the engine had done, or tried. */
  onChange?(change: Change): void;
  /** A test puts something of its own between engine and cloud. */
  around?(provider: CloudProvider): CloudProvider;
}

/** The local cloud for the real engine: Azure on this machine in place of all the providers that the project uses. */
export class ServedCloud {
  /** Absent: this machine has none. */
  readonly cli?: PulumiCli = findPulumiCli();
  cloud!: LocalCloud;
  resources!: ResourceManager;
  private page!: ConsolePage;
  private endpoint!: ResourceManagerEndpoint;
  private host?: ReturnType<typeof bundleFunctionsHost>;
  private readonly providers: Record<string, ProviderServer> = {};

  private constructor(readonly home: string) {}

  /** @throws PortTaken */
  static async open(options: ServedCloudOptions): Promise<ServedCloud> {
    const served = new ServedCloud(options.home ?? makeHome());
    try {
      await served.start(options);
    } catch (error) {
      await served.close();
      throw error;
    }
    return served;
  }

  private async start({
    port = 0,
    propagation,
    apps,
    azure,
    onDeclaredOnly,
    log,
    onChange,
    around = (one) => one,
  }: ServedCloudOptions) {
    if (apps !== "stand-in") this.host = bundleFunctionsHost(this.home);
    this.cloud = await LocalCloud.open({
      home: this.home,
      functionsHost: (wwwroot) => this.host?.start(wwwroot) ?? [],
      propagationSeconds: propagation,
      apps,
      azure,
      onDeclaredOnly,
      log,
      onDeath: (app, cause, site) => log("azure", `The ${app} (${site}) ${cause}. It will be started again.`),
      restartsCrashed: true,
    });
    this.resources = new ResourceManager(this.cloud);
    this.page = await ConsolePage.open(this.cloud.botService, port);
    this.endpoint = await ResourceManagerEndpoint.open(this.cloud, this.resources);
    for (const [name, version] of Object.entries(projectProviders())) {
      const provider = around(new CloudProvider(this.resources, onChange));
      this.providers[name] = await ProviderServer.open(provider, version);
    }
    await this.host?.bundled;
  }

  /** Where apps and browsers reach Direct Line, with the path as its clients take it. */
  get directLine(): string {
    return `${this.page.origin}/v3/directline`;
  }

  /** Where Azure Resource Manager's own interface is. No slash at the end. */
  get arm(): string {
    return this.endpoint.url;
  }

  /** The environment in which the CLI and the program use this cloud. `PATH` is complete. */
  get env(): Record<string, string> {
    const attached = Object.entries(this.providers).map(([name, { port }]) => `${name}:${port}`);
    return {
      PULUMI_DEBUG_PROVIDERS: attached.join(","),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      NODE_EXTRA_CA_CERTS: this.authorities(),
      PATH: [...this.path, process.env.PATH].join(path.delimiter),
    };
  }

  /** Folders that belong in front of PATH: with the CLI, if one is here, and with what runs the program's dynamic resources. */
  get path(): string[] {
    return this.cli?.path ?? [dynamicResources];
  }

  /** The settings of a stack in this cloud, by names without the project's. */
  get config(): Record<string, string> {
    return { cloud: JSON.stringify(this.cloud.row(this.page.origin, this.arm)) };
  }

  async close(): Promise<void> {
    for (const provider of Object.values(this.providers)) provider.close();
    await Promise.all([this.page?.close(), this.endpoint?.close(), this.cloud?.close()]);
    await this.host?.bundled.catch(() => {}); // it writes into the home
    removeHome(this.home);
  }

  /** Node reads one file: this cloud's authority, and those that the user has there already. */
  private authorities(): string {
    const { ca } = this.cloud.certificates;
    const users = process.env.NODE_EXTRA_CA_CERTS;
    const file = path.join(this.home, "authorities.pem");
    writeFileSync(file, [users && readIfThere(users), ca].filter(Boolean).join("\n"), { mode: 0o600 });
    return file;
  }
}

/** Where `pulumi-resource-pulumi-nodejs` is. */
const dynamicResources = path.dirname(require.resolve("@pulumi/pulumi/package.json"));

/** Node itself only warns of a file that is not there. */
function readIfThere(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
