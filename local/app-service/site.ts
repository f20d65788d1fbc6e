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
  /** Arguments of node that start what is in `wwwroot`. Absent: nothing is started. */
  start?(wwwroot: string): string[];
  /** On how many instances of its plan it runs. Absent: one. */
  instances?: number;
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

/** One of the site's processes. */
interface Instance {
  app: AppProcess | StandIn;
  port: number;
  /** From 0. */
  place: number;
  /** How many requests it was given. */
  requests: number;
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
  private readonly running: Instance[] = [];
  /** How many there were until now. */
  private requests = 0;
  private changes: Promise<void> = Promise.resolve();
  private readonly recovery = new Recovery(() => this.revive());
  private closed = false;

  private constructor(private readonly options: SiteOptions) {
    this.configuration = options;
  }

  static async open(options: SiteOptions): Promise<Site> {
    const site = new Site(options);
    const { certificates, authorize } = options;
    site.frontEnd = await FrontEnd.open(certificates, () => site.nextInstance()?.port);
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

  /** Of its first instance. */
  get pid(): number | undefined {
    return this.running[0]?.app.pid;
  }

  /** Those that run: each one's process, and how many requests the front end has given it. */
  get instances(): { pid?: number; requests: number }[] {
    return this.running.map(({ app, requests }) => ({ pid: app.pid, requests }));
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

  /** Starts or ends instances until there are so many; those that stay are not touched. */
  scale(instances: number): Promise<void> {
    this.configuration = { ...this.configuration, instances };
    return this.change(async () => {
      await this.end(instances);
      await this.start();
    });
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
    const targets = () => this.running.map(({ port }) => port);
    const { log } = this.options;
    this.healthCheck = healthCheckPath ? new HealthCheck({ path: healthCheckPath, targets, log }) : undefined;
  }

  restart(): Promise<void> {
    return this.change(async () => {
      this.recovery.forget();
      await this.end(0);
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

  /** The instance that gets the next request. Round robin: both apps have `clientAffinityEnabled` off. */
  private nextInstance(): Instance | undefined {
    const instance = this.running[this.requests++ % this.running.length];
    if (instance) instance.requests++;
    return instance;
  }

  /** Ends the instances from this place on. */
  private async end(from: number): Promise<void> {
    const ending = this.running.filter(({ place }) => place >= from);
    for (const instance of ending) this.forget(instance);
    await Promise.all(ending.map(({ app }) => app.stop()));
  }

  private forget(instance: Instance): void {
    const index = this.running.indexOf(instance);
    if (index >= 0) this.running.splice(index, 1);
  }

  /** Starts the instances that are missing. */
  private async start(): Promise<void> {
    const { wwwroot } = this;
    if (!wwwroot || !this.configuration.start || this.closed) return;
    const places = [...Array(this.configuration.instances ?? 1).keys()];
    const missing = places.filter((place) => !this.running.some((instance) => instance.place === place));
    for (const place of missing) this.running.push(await this.run(wwwroot, place));
    this.running.sort((one, other) => one.place - other.place);
  }

  /** After a crash, unless a newer change has started the app meanwhile. */
  private revive(): void {
    const revived = this.change(() => this.start());
    revived.catch((error: Error) => this.died(`does not start: ${error.message}`, 0));
  }

  private died(cause: string, lived: number): void {
    this.options.onDeath(cause);
    if (this.options.restartsCrashed && !this.closed) this.recovery.died(lived);
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
      this.died(cause, performance.now() - started);
    };
    const app = new AppProcess({
      arguments: this.configuration.start?.(wwwroot) ?? [],
      cwd: wwwroot,
      env,
      log,
      onDeath,
    });
    const instance: Instance = { app, port, place, requests: 0 };
    return instance;
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
