import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import path from "node:path";
import { unzipSync } from "fflate";
import type { Certificates } from "../certificates";
import type { IdentityVariables } from "../identity/managed-identity-endpoint";
import { freePort } from "../listen";
import { AppProcess } from "./app-process";
import { FrontEnd } from "./front-end";
import { HealthCheck } from "./health-check";
import { platformVariables } from "./platform-variables";
import { ScmSite } from "./scm-site";

export interface SiteOptions {
  name: string;
  /** Arguments of node that start what is in `wwwroot`. */
  start(wwwroot: string): string[];
  identity: IdentityVariables;
  home: string;
  certificates: Certificates;
  authorize(token: string): Promise<unknown>;
  /** Where App Service asks how the app is; absent: it does not. */
  healthCheckPath?: string;
  log(line: string): void;
  onDeath(cause: string): void;
}

/** An App Service site: code comes in by its SCM site, settings by ARM, requests by its front end; each change restarts the app. */
export class Site {
  private frontEnd!: FrontEnd;
  private scm!: ScmSite;
  private healthCheck?: HealthCheck;
  private settings: Record<string, string> = {};
  private wwwroot?: string;
  private running?: { app: AppProcess; port: number };
  private changes: Promise<void> = Promise.resolve();

  private constructor(private readonly options: SiteOptions) {}

  static async open(options: SiteOptions): Promise<Site> {
    const site = new Site(options);
    const { certificates, authorize, healthCheckPath, log } = options;
    const target = () => site.running?.port;
    site.frontEnd = await FrontEnd.open(certificates, target);
    site.scm = await ScmSite.open({ certificates, authorize, deploy: (zip) => site.deploy(zip) });
    if (healthCheckPath) site.healthCheck = new HealthCheck({ path: healthCheckPath, target, log });
    return site;
  }

  get name(): string {
    return this.options.name;
  }

  get hostName(): string {
    return this.frontEnd.hostName;
  }

  get scmHostName(): string {
    return this.scm.hostName;
  }

  get pid(): number | undefined {
    return this.running?.app.pid;
  }

  /** Replaces all app settings. */
  configure(settings: Record<string, string>): Promise<void> {
    this.settings = settings;
    return this.restart();
  }

  async deploy(zip: Buffer): Promise<void> {
    this.wwwroot = await extract(zip, await mkdtemp(path.join(this.options.home, `${this.name}-`)));
    await this.restart();
  }

  async close(): Promise<void> {
    this.healthCheck?.close();
    this.wwwroot = undefined;
    await this.restart();
    await Promise.all([this.frontEnd.close(), this.scm.close()]);
  }

  /** One change after another: two at once would leave two apps. */
  restart(): Promise<void> {
    this.changes = this.changes.then(async () => {
      await this.running?.app.stop();
      this.running = this.wwwroot ? await this.run(this.wwwroot) : undefined;
    });
    return this.changes;
  }

  private async run(wwwroot: string) {
    const { name, home, certificates, identity, log } = this.options;
    const port = await freePort();
    const place = { name, hostName: this.hostName, port, home, caFile: certificates.caFile };
    const env = { ...platformVariables(place, identity), ...this.settings };
    const onDeath = (cause: string) => {
      this.running = undefined;
      this.options.onDeath(cause);
    };
    return { app: new AppProcess({ arguments: this.options.start(wwwroot), cwd: wwwroot, env, log, onDeath }), port };
  }
}

async function extract(zip: Buffer, folder: string): Promise<string> {
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    const file = path.join(folder, name);
    if (!file.startsWith(folder + path.sep)) throw new Error(`the zip's ${name} is outside of it`);
    await mkdir(name.endsWith("/") ? file : path.dirname(file), { recursive: true });
    if (!name.endsWith("/")) await writeFile(file, bytes);
  }
  return folder;
}
