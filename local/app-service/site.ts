import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { unzipSync } from "fflate";
import type { Certificates } from "../certificates";
import type { IdentityVariables } from "../identity/managed-identity-endpoint";
import { freePort } from "../listen";
import { AppProcess } from "./app-process";
import { FrontEnd } from "./front-end";
import { HealthCheck } from "./health-check";
import { platformVariables } from "./platform-variables";
import { Recovery } from "./recovery";
import { ScmSite } from "./scm-site";
import { StandIn } from "./stand-in";

/** What ARM says of how a site runs. */
export interface SiteConfiguration {
  /** Arguments of node that start what is in `wwwroot`. */
  start(wwwroot: string): string[];
  /** Where App Service asks how the app is; absent: it does not. */
  healthCheckPath?: string;
}

export interface SiteOptions extends SiteConfiguration {
  name: string;
  identity: IdentityVariables;
  home: string;
  certificates: Certificates;
  authorize(token: string): Promise<unknown>;
  /** Nothing that is pushed is started: a stand-in answers for it. */
  standIn?: boolean;
  /** An app that died is started again. Absent: it stays dead until the next change. */
  restartsCrashed?: boolean;
  /** How many restarts it takes until the app runs what was pushed: github.com/Azure/azure-functions-host/issues/5500. Absent: none. */
  restartsToSeePush?: number;
  log(line: string): void;
  onDeath(cause: string): void;
}

/** An App Service site: code comes in by its SCM site, settings by ARM, requests by its front end; each change restarts the app. */
export class Site {
  private frontEnd!: FrontEnd;
  private scm!: ScmSite;
  private healthCheck?: HealthCheck;
  private configuration: SiteConfiguration;
  private current: Record<string, string> = {};
  private wwwroot?: string;
  /** What was pushed and is not run yet, and how many restarts do not see it. */
  private unseen?: { wwwroot: string; restarts: number };
  private running?: { app: AppProcess | StandIn; port: number };
  private changes: Promise<void> = Promise.resolve();
  private readonly recovery = new Recovery(() => this.revive());
  private closed = false;

  private constructor(private readonly options: SiteOptions) {
    this.configuration = options;
  }

  static async open(options: SiteOptions): Promise<Site> {
    const site = new Site(options);
    const { certificates, authorize } = options;
    site.frontEnd = await FrontEnd.open(certificates, () => site.running?.port);
    site.scm = await ScmSite.open({ certificates, authorize, deploy: (zip) => site.deploy(zip) });
    site.watch();
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

  /** The app settings, as they are. */
  get settings(): Readonly<Record<string, string>> {
    return this.current;
  }

  /** Replaces all app settings. */
  configure(settings: Record<string, string>): Promise<void> {
    this.current = settings;
    return this.restart();
  }

  /** Changes how the site runs. */
  reconfigure(configuration: SiteConfiguration): Promise<void> {
    this.configuration = configuration;
    this.watch();
    return this.restart();
  }

  async deploy(zip: Buffer): Promise<void> {
    const { home, restartsToSeePush = 0 } = this.options;
    const wwwroot = await extract(zip, await mkdtemp(path.join(home, `${this.name}-`)));
    this.unseen = { wwwroot, restarts: restartsToSeePush - 1 };
    if (restartsToSeePush === 0) await this.restart();
  }

  /** Ends the app and everything that listens, and forgets what was pushed. */
  async close(): Promise<void> {
    const folders = [this.wwwroot, this.unseen?.wwwroot];
    this.closed = true; // a push that is on its way starts nothing any more
    this.healthCheck?.close();
    this.wwwroot = undefined;
    this.unseen = undefined;
    await this.restart();
    await Promise.all([this.frontEnd.close(), this.scm.close()]);
    await Promise.all(folders.map((folder) => folder && remove(folder)));
  }

  private watch(): void {
    this.healthCheck?.close();
    const { healthCheckPath } = this.configuration;
    const target = () => this.running?.port;
    const { log } = this.options;
    this.healthCheck = healthCheckPath ? new HealthCheck({ path: healthCheckPath, target, log }) : undefined;
  }

  restart(): Promise<void> {
    return this.change(async () => {
      this.recovery.forget();
      await this.running?.app.stop();
      this.running = undefined;
      await this.takeUnseen();
      await this.start();
    });
  }

  /** One change after another: two at once would leave two apps. Why one failed is for its caller; the next ones go on. */
  private change(work: () => Promise<void>): Promise<void> {
    const done = this.changes.then(work);
    this.changes = done.catch(() => {});
    return done;
  }

  private async takeUnseen(): Promise<void> {
    if (!this.unseen || this.unseen.restarts-- > 0) return;
    const old = this.wwwroot;
    this.wwwroot = this.unseen.wwwroot;
    this.unseen = undefined;
    if (old) await remove(old);
  }

  private async start(): Promise<void> {
    if (this.wwwroot && !this.closed) this.running = await this.run(this.wwwroot);
  }

  /** After a crash, unless a newer change has started the app meanwhile. */
  private revive(): void {
    const revived = this.change(async () => {
      if (!this.running) await this.start();
    });
    revived.catch((error: Error) => this.died(`does not start: ${error.message}`, 0));
  }

  private died(cause: string, lived: number): void {
    this.running = undefined;
    this.options.onDeath(cause);
    if (this.options.restartsCrashed && !this.closed) this.recovery.died(lived);
  }

  private async run(wwwroot: string): Promise<NonNullable<typeof this.running>> {
    if (this.options.standIn) return StandIn.open(wwwroot);
    const { name, home, certificates, identity, log } = this.options;
    const port = await freePort();
    const place = { name, hostName: this.hostName, port, home, caFile: certificates.caFile };
    const env = { ...platformVariables(place, identity), ...this.current };
    const started = performance.now();
    const onDeath = (cause: string) => this.died(cause, performance.now() - started);
    const { start } = this.configuration;
    return { app: new AppProcess({ arguments: start(wwwroot), cwd: wwwroot, env, log, onDeath }), port };
  }
}

function remove(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 3 });
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
