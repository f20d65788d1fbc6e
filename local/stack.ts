import path from "node:path";
import { stop as stopEsbuild } from "esbuild";
import type { AzureBehaviour } from "./cloud/azure-behaviour";
import { type AppName, LocalCloud } from "./cloud/local-cloud";
import { ResourceManager } from "./cloud/resource-manager";
import { ResourceManagerEndpoint } from "./cloud/resource-manager-endpoint";
import type { Properties } from "./cloud/resource-type";
import { ConsolePage, defaultPort } from "./console/console-page";
import { type Made, runProgram } from "./engine/engine";
import { bundleFunctionsHost } from "./functions-host-bundle";
import { makeHome, removeHome } from "./home";
import { projectFolder, projectName } from "./project";
import { publishConnection } from "./published-connection";
import type { StackDescription } from "./stack-description";

export interface StackOptions {
  /** The console's port; 0 for any. Absent: 3978, or the next free one. */
  port?: number;
  /** How long a role assignment takes to work, in seconds: in Azure up to ten minutes. Absent: no time. */
  propagation?: number;
  /** The program's settings, as `pulumi config set` takes them. */
  config?: Record<string, string>;
  /** Absent: as most people meet Azure. */
  azure?: AzureBehaviour;
  /** Called once for each thing that is declared only, such as `azure-native:redis:Redis "cache"`. Absent: it is refused. */
  onDeclaredOnly?(thing: string): void;
  /** The page is on another port than the usual one, which is taken. */
  onPort(port: number, taken: number): void;
  onMade(resource: Made): void;
  log(source: string, line: string): void;
  onDeath(app: AppName, cause: string): void;
}

/** The program's stack, up on this machine. */
export class LocalStack {
  readonly home = makeHome();
  private made?: LocalCloud;
  private page?: ConsolePage;
  private endpoint?: ResourceManagerEndpoint;
  private withdraw?: () => void;

  /** The stack's cloud; a test takes a role away there while everything runs. @throws Error before `up` has opened it */
  get cloud(): LocalCloud {
    if (!this.made) throw new Error("the stack is not up");
    return this.made;
  }

  /** Resolves when both apps answer. @throws the first error; call `down` then, too */
  async up({
    port,
    propagation,
    config,
    azure,
    onDeclaredOnly,
    onPort,
    onMade,
    log,
    onDeath,
  }: StackOptions): Promise<StackDescription> {
    const host = bundleFunctionsHost(this.home);
    this.made = await LocalCloud.open({
      home: this.home,
      functionsHost: (wwwroot) => host.start(wwwroot),
      propagationSeconds: propagation,
      azure,
      onDeclaredOnly,
      log,
      onDeath,
    });
    this.page = await ConsolePage.open(this.cloud.botService, port);
    if (port === undefined && this.page.port !== defaultPort) onPort(this.page.port, defaultPort);
    const resources = new ResourceManager(this.cloud);
    this.endpoint = await ResourceManagerEndpoint.open(this.cloud, resources);
    await host.bundled;
    const row = JSON.stringify(this.cloud.row(this.page.origin, this.endpoint.url));
    const outputs = await runProgram({
      resources,
      program: projectFolder,
      project: projectName,
      stack: "local",
      config: { ...inFull(config), [`${projectName}:cloud`]: row },
      onMade,
    });
    await stopEsbuild(); // its service would stay for as long as we do
    const description = this.describe(this.cloud, this.page, outputs);
    this.page.announce(description);
    this.withdraw = publishConnection(description);
    return description;
  }

  async down(): Promise<void> {
    await Promise.all([this.page?.close(), this.endpoint?.close(), this.made?.close()]);
    this.remove();
  }

  /** Removes the stack's files. */
  remove(): void {
    this.withdraw?.();
    removeHome(this.home);
  }

  private describe(cloud: LocalCloud, console: ConsolePage, outputs: Properties): StackDescription {
    const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = cloud.identityEndpoint.admit([cloud.operator], cloud.operator);
    const queueService = new URL(".", String(outputs.queueUrl)).href;
    const account = path.basename(queueService);
    const apps = [...cloud.apps].flatMap(([name, { instances }]) =>
      instances.map(({ pid = 0 }, index) => ({ name: index ? `${name} ${index + 1}` : name, pid })),
    );
    return {
      outputs,
      local: {
        page: console.page,
        directLine: {
          domain: `${console.origin}/v3/directline`,
          secret: cloud.botService.enableDirectLine(String(outputs.botName)).key,
          serviceUrl: cloud.botService.urls().serviceUrl,
        },
        bot: `https://${cloud.apps.get("bot")?.hostName}`,
        function: `https://${cloud.apps.get("function")?.hostName}`,
        queueService,
        tableService: cloud.storage.endpoint("table", account),
        vault: [...cloud.vaults.values()][0]?.url ?? null,
        identity: { endpoint: IDENTITY_ENDPOINT, header: IDENTITY_HEADER, operatorClientId: cloud.operator.clientId },
        caFile: cloud.certificates.caFile,
        processes: [{ name: "cloud", pid: process.pid }, ...apps],
      },
    };
  }
}

/** Settings by their full names: those without a namespace are the program's own. */
function inFull(config: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key.includes(":") ? key : `${projectName}:${key}`, value]),
  );
}
