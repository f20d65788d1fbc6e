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

/** The settings of a site that come from ARM. */
export interface SiteConfiguration {
  /** Arguments of node that start the app in `wwwroot`. */
  start(wwwroot: string): string[];
  /** Number of instances. Absent: one. */
  instances?: number;
  /** Path of the health check. Absent: no health check. */
  healthCheckPath?: string;
}

export interface SiteOptions extends SiteConfiguration {
  name: string;
  identity: IdentityVariables;
  home: string;
  certificates: Certificates;
  authorize(token: string): Promise<unknown>;
  /** Does not start the deployed app. A `StandIn` answers instead. */
  standIn?: boolean;
  /** Restarts an app that crashed. Absent: the app starts again only with the next change. */
  restartsCrashed?: boolean;
  /** Number of restarts before the app runs a deployed zip: github.com/Azure/azure-functions-host/issues/5500. Absent: none. */
  restartsToSeePush?: number;
  log(line: string): void;
  onDeath(cause: string): void;
}

/** One of the site's processes. */
interface Instance {
  app: AppProcess | StandIn;
  port: number;
  /** The instance's number, from 0. */
  place: number;
  /** Number of requests that the front end has sent to this instance. */
  requests: number;
}

/** An App Service site. The SCM site receives code, ARM sets the settings, the front end receives requests. Each change restarts the app. */
export class Site {
  private frontEnd!: FrontEnd;
  private scm!: ScmSite;
  private healthCheck?: HealthCheck;
  private configuration: SiteConfiguration;
  private current: Record<string, string> = {};
  private wwwroot?: string;
  /** Deployed code that does not run yet, and the number of restarts that still ignore it. */
  private pendingPush?: { wwwroot: string; restarts: number };
  private readonly running: Instance[] = [];
  /** Number of requests so far. */
  private requests = 0;
  private changes: Promise<void> = Promise.resolve();
  private readonly recovery = new Recovery(() => this.restartCrashed());
  private closed = false;

  private constructor(private readonly options: SiteOptions) {
    this.configuration = options;
  }

  static async open(options: SiteOptions): Promise<Site> {
    const site = new Site(options);
    const { certificates, authorize } = options;
    site.frontEnd = await FrontEnd.open(certificates, () => site.nextInstance()?.port);
    site.scm = await ScmSite.open({ certificates, authorize, deploy: (zip) => site.deploy(zip) });
    site.startHealthCheck();
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

  /** Process id of the first instance. */
  get pid(): number | undefined {
    return this.running[0]?.app.pid;
  }

  /** The running instances, each with its process id and its number of requests. */
  get instances(): { pid?: number; requests: number }[] {
    return this.running.map(({ app, requests }) => ({ pid: app.pid, requests }));
  }

  /** The current app settings. */
  get settings(): Readonly<Record<string, string>> {
    return this.current;
  }

  /** Replaces all app settings. */
  configure(settings: Record<string, string>): Promise<void> {
    this.current = settings;
    return this.restart();
  }

  /** Replaces the settings from ARM. */
  reconfigure(configuration: SiteConfiguration): Promise<void> {
    this.configuration = configuration;
    this.startHealthCheck();
    return this.restart();
  }

  /** Starts or ends instances to reach this number. The remaining instances continue without a restart. */
  scale(instances: number): Promise<void> {
    this.configuration = { ...this.configuration, instances };
    return this.enqueueChange(async () => {
      await this.end(instances);
      await this.start();
    });
  }

  async deploy(zip: Buffer): Promise<void> {
    const { home, restartsToSeePush = 0 } = this.options;
    const wwwroot = await extract(zip, await mkdtemp(path.join(home, `${this.name}-`)));
    this.pendingPush = { wwwroot, restarts: restartsToSeePush - 1 };
    if (restartsToSeePush === 0) await this.restart();
  }

  /** Ends the app and both servers, and deletes the deployed code. */
  async close(): Promise<void> {
    const folders = [this.wwwroot, this.pendingPush?.wwwroot];
    this.closed = true; // a deployment in progress must not start the app
    this.healthCheck?.close();
    this.wwwroot = undefined;
    this.pendingPush = undefined;
    await this.restart();
    await Promise.all([this.frontEnd.close(), this.scm.close()]);
    await Promise.all(folders.map((folder) => folder && removeFolder(folder)));
  }

  private startHealthCheck(): void {
    this.healthCheck?.close();
    const { healthCheckPath } = this.configuration;
    const targets = () => this.running.map(({ port }) => port);
    const { log } = this.options;
    this.healthCheck = healthCheckPath ? new HealthCheck({ path: healthCheckPath, targets, log }) : undefined;
  }

  restart(): Promise<void> {
    return this.enqueueChange(async () => {
      this.recovery.cancel();
      await this.end(0);
      await this.applyPush();
      await this.start();
    });
  }

  /** Runs changes one after another, because two at once could leave two apps. An error reaches only the caller of the failed change. */
  private enqueueChange(work: () => Promise<void>): Promise<void> {
    const done = this.changes.then(work);
    this.changes = done.catch(() => {});
    return done;
  }

  private async applyPush(): Promise<void> {
    if (!this.pendingPush || this.pendingPush.restarts-- > 0) return;
    const old = this.wwwroot;
    this.wwwroot = this.pendingPush.wwwroot;
    this.pendingPush = undefined;
    if (old) await removeFolder(old);
  }

  /** The instance for the next request. Round robin, because both apps have `clientAffinityEnabled: false`. */
  private nextInstance(): Instance | undefined {
    const instance = this.running[this.requests++ % this.running.length];
    if (instance) instance.requests++;
    return instance;
  }

  /** Ends the instances from this number on. */
  private async end(from: number): Promise<void> {
    const ending = this.running.filter(({ place }) => place >= from);
    for (const instance of ending) this.forget(instance);
    await Promise.all(ending.map(({ app }) => app.stop()));
  }

  private forget(instance: Instance): void {
    const index = this.running.indexOf(instance);
    if (index >= 0) this.running.splice(index, 1);
  }

  /** Starts the missing instances. */
  private async start(): Promise<void> {
    const { wwwroot } = this;
    if (!wwwroot || this.closed) return;
    const places = [...Array(this.configuration.instances ?? 1).keys()];
    const missing = places.filter((place) => !this.running.some((instance) => instance.place === place));
    for (const place of missing) this.running.push(await this.run(wwwroot, place));
    this.running.sort((one, other) => one.place - other.place);
  }

  /** Starts crashed instances again, unless a newer change has done so meanwhile. */
  private restartCrashed(): void {
    const revived = this.enqueueChange(() => this.start());
    revived.catch((error: Error) => this.handleDeath(`does not start: ${error.message}`, 0));
  }

  private handleDeath(cause: string, lived: number): void {
    this.options.onDeath(cause);
    if (this.options.restartsCrashed && !this.closed) this.recovery.scheduleRestart(lived);
  }

  private async run(wwwroot: string, place: number): Promise<Instance> {
    if (this.options.standIn) return { ...(await StandIn.open(wwwroot)), place, requests: 0 };
    const { name, home, certificates, identity, log } = this.options;
    const port = await freePort();
    const sitePlace = { name, hostName: this.hostName, port, home, caFile: certificates.caFile };
    const instanceId = place ? `${name} ${place}` : name;
    const env = { ...platformVariables({ ...sitePlace, instanceId }, identity), ...this.current };
    const started = performance.now();
    const onDeath = (cause: string) => {
      this.forget(instance);
      this.handleDeath(cause, performance.now() - started);
    };
    const { start } = this.configuration;
    const app = new AppProcess({ arguments: start(wwwroot), cwd: wwwroot, env, log, onDeath });
    const instance: Instance = { app, port, place, requests: 0 };
    return instance;
  }
}

function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

async function extract(zip: Buffer, folder: string): Promise<string> {
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    const file = path.join(folder, name);
    if (!file.startsWith(folder + path.sep))
      throw new Error(`The zip contains ${name}, which is outside of the target folder.`);
    await mkdir(name.endsWith("/") ? file : path.dirname(file), { recursive: true });
    if (!name.endsWith("/")) await writeFile(file, bytes);
  }
  return folder;
}
