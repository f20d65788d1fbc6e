import { randomUUID } from "node:crypto";
import { Callers } from "../access/callers";
import { Denials } from "../access/denials";
import { RoleAssignments } from "../access/role-assignments";
import { Site, type SiteConfiguration } from "../app-service/site";
import { BotService } from "../bot-service/bot-service";
import { BotServiceHost } from "../bot-service-host";
import { type Certificates, makeCertificates } from "../certificates";
import { Entra } from "../identity/entra";
import { type IdentityVariables, ManagedIdentityEndpoint } from "../identity/managed-identity-endpoint";
import { makePrincipal, type Principal } from "../identity/principal";
import { DataPlane } from "../storage/data-plane";
import { StorageGuard } from "../storage/guard/storage-guard";
import { Storage } from "../storage/storage";
import { trust } from "../trust";
import { DeletedVaults } from "../vault/deleted-vaults";
import { Vault } from "../vault/vault";
import type { AzureBehaviour } from "./azure-behaviour";
import { cloudRow } from "./cloud-row";
import { DeclaredOnly } from "./declared-only";
import { ResourceProviders } from "./resource-providers";
import { ResourceRecords } from "./resource-records";

export interface LocalCloudOptions {
  /** A folder for what the cloud keeps; the caller removes it. */
  home: string;
  /** Starts a function app's content: arguments of node. */
  functionsHost(wwwroot: string): string[];
  /** A line of an app's log (`bot`, `function`), or of the cloud's own (`azure`). */
  log(source: string, line: string): void;
  /** An app ended without having been asked to. @param site its site's name */
  onDeath(app: AppName, cause: string, site: string): void;
  /** Starts an app again that ended so, as App Service does. Absent: it stays dead until the next change. */
  restartsCrashed?: boolean;
  /** How long a role assignment takes to work. */
  propagationSeconds?: number;
  /** The object id of the bot's operator, if the configuration names one. */
  operatorObjectId?: string;
  /** Whether apps run, or something answers in their place that they are there. Absent: they run. */
  apps?: "run" | "stand-in";
  /** Absent: as most people meet Azure. */
  azure?: AzureBehaviour;
  /** Called once for each thing that is declared only, such as `azure-native:redis:Redis "cache"`. Absent: it is refused. */
  onDeclaredOnly?(thing: string): void;
}

/** The second is deprecated, and still works: github.com/microsoft/vscode-azuretools/pull/2258. */
const scmAudiences = ["https://appservice.azure.com", "https://management.azure.com"];

/** The names of the apps for people. The sites have names of their own. */
export type AppName = "bot" | "function";

/** The fields of a site in ARM. */
export interface SiteDefinition {
  name: string;
  identities: Principal[];
  /** How many its plan has. */
  instances: number;
  /** The Functions host, arguments of node, or nothing that can run here. */
  command: "functions" | "nothing" | string[];
  healthCheckPath?: string;
}

interface HostedSite {
  site: Site;
  app: AppName;
  identity: IdentityVariables;
}

/** The parts of the cloud. */
interface Parts {
  certificates: Certificates;
  entra: Entra;
  operator: Principal;
  access: RoleAssignments;
  denials: Denials;
  identityEndpoint: ManagedIdentityEndpoint;
  storageGuard: StorageGuard;
  storage: Storage;
  dataPlane: DataPlane;
  botService: BotService;
  botServiceHost: BotServiceHost;
}

/** Azure on this machine: everything that a resource of the program needs to be real. */
export class LocalCloud {
  readonly subscriptionId = randomUUID();
  /** All that Azure Resource Manager knows of. */
  readonly resources = new ResourceRecords();
  readonly resourceProviders: ResourceProviders;
  readonly declaredOnly: DeclaredOnly;
  /** By resource id. */
  readonly identities = new Map<string, Principal>();
  /** By name. */
  private readonly sites = new Map<string, HostedSite>();
  /** By name. */
  readonly vaults = new Map<string, Vault>();
  readonly deletedVaults = new DeletedVaults();
  readonly certificates: Certificates;
  readonly entra: Entra;
  /** The person who runs `npm start`. */
  readonly operator: Principal;
  readonly access: RoleAssignments;
  readonly identityEndpoint: ManagedIdentityEndpoint;
  readonly storageGuard: StorageGuard;
  readonly storage: Storage;
  readonly dataPlane: DataPlane;
  readonly botService: BotService;
  private readonly denials: Denials;
  private readonly botServiceHost: BotServiceHost;

  private constructor(
    private readonly options: LocalCloudOptions,
    parts: Parts,
  ) {
    const { log, azure = {}, onDeclaredOnly } = options;
    this.declaredOnly = new DeclaredOnly(onDeclaredOnly);
    this.resourceProviders = new ResourceProviders({
      subscriptionId: this.subscriptionId,
      registered: azure.registeredProviders ?? "all",
      mayRegister: azure.mayRegisterProviders ?? true,
      log: (line) => log("azure", line),
    });
    this.certificates = parts.certificates;
    this.entra = parts.entra;
    this.operator = parts.operator;
    this.access = parts.access;
    this.identityEndpoint = parts.identityEndpoint;
    this.storageGuard = parts.storageGuard;
    this.storage = parts.storage;
    this.dataPlane = parts.dataPlane;
    this.botService = parts.botService;
    this.denials = parts.denials;
    this.botServiceHost = parts.botServiceHost;
  }

  static async open(options: LocalCloudOptions): Promise<LocalCloud> {
    const certificates = await makeCertificates(options.home);
    trust(certificates.ca);
    const entra = await Entra.open(options.azure?.refusedAudiences);
    const identityEndpoint = await ManagedIdentityEndpoint.open(entra);
    const resourceManager = entra.enrol(makePrincipal("Azure Resource Manager"));
    const operator = entra.enrol(makePrincipal("operator", "User", options.operatorObjectId));
    const access = new RoleAssignments({ propagationSeconds: options.propagationSeconds });
    access.exempt(resourceManager.objectId);
    const denials = new Denials((line) => options.log("azure", line));
    const storageCallers = new Callers(entra, ["https://storage.azure.com", "https://storage.azure.com/"]);
    const storageGuard = new StorageGuard({ tenantId: entra.tenantId, access, callers: storageCallers, denials });
    const storage = await Storage.open(certificates, storageGuard);
    const storageToken = async () => (await entra.issue(resourceManager, "https://storage.azure.com")).token;
    const bots = new Callers(entra, ["https://api.botframework.com"]);
    const botService = new BotService({
      verifyBotToken: async (token) => ({ appId: (await bots.identify(token)).clientId }),
      log: (line) => options.log("azure", line),
    });
    return new LocalCloud(options, {
      certificates,
      entra,
      operator,
      access,
      denials,
      identityEndpoint,
      storageGuard,
      storage,
      dataPlane: new DataPlane(storageToken),
      botService,
      botServiceHost: await BotServiceHost.open(botService, certificates),
    });
  }

  /** This cloud's row of the table of clouds; `directLine` is where browsers reach Direct Line. */
  row(directLine: string, resourceManager: string) {
    return cloudRow(this.botService.urls(), this.botService.issuer, directLine, resourceManager);
  }

  /** Whether a new bot has its Direct Line channel at once. */
  get directLineWithBot(): boolean {
    return this.options.azure?.directLineWithBot ?? true;
  }

  /** Whether others may refer to a resource; the subscription is one. */
  exists(resourceId: string): boolean {
    return resourceId.toLowerCase() === `/subscriptions/${this.subscriptionId}` || !!this.resources.get(resourceId);
  }

  identity(resourceId: string): Principal {
    const identity = this.identities.get(resourceId);
    if (!identity) throw new Error(`the identity ${resourceId} does not exist`);
    return identity;
  }

  /** The apps of the first stack in this cloud. */
  get apps(): Map<AppName, Site> {
    return new Map([...this.sites.values()].reverse().map(({ app, site }) => [app, site]));
  }

  /** A name is given once in all of Azure, in whichever case. */
  hasSite(name: string): boolean {
    return this.sites.has(name.toLowerCase());
  }

  site(name: string): Site {
    return this.hosted(name).site;
  }

  async addSite(definition: SiteDefinition): Promise<Site> {
    const { name, identities, command } = definition;
    const { home, log, onDeath, apps, restartsCrashed, azure } = this.options;
    const app = command === "functions" ? "function" : "bot";
    const identity = this.identityEndpoint.admit(identities);
    const site = await Site.open({
      ...this.configurationOf(definition),
      name,
      home,
      certificates: this.certificates,
      identity,
      authorize: (token) => this.entra.verify(token, scmAudiences),
      standIn: apps === "stand-in",
      restartsCrashed,
      restartsToSeePush: azure?.restartsToSeePush,
      log: (line) => log(app, line),
      onDeath: (cause) => onDeath(app, cause, name),
    });
    this.sites.set(name.toLowerCase(), { site, app, identity });
    return site;
  }

  async changeSite(definition: SiteDefinition): Promise<void> {
    const { site, identity } = this.hosted(definition.name);
    this.identityEndpoint.reassign(identity, definition.identities);
    await site.reconfigure(this.configurationOf(definition));
  }

  async removeSite(name: string): Promise<void> {
    const { site, identity } = this.hosted(name);
    await site.close(); // first: if it fails, the site is still there to be deleted again
    this.sites.delete(name.toLowerCase());
    this.identityEndpoint.dismiss(identity);
  }

  private hosted(name: string): HostedSite {
    const hosted = this.sites.get(name.toLowerCase());
    if (!hosted) throw new Error(`the site ${name} does not exist`);
    return hosted;
  }

  private configurationOf({ command, healthCheckPath, instances }: SiteDefinition): SiteConfiguration {
    const { functionsHost } = this.options;
    const start = (wwwroot: string) => (typeof command === "string" ? functionsHost(wwwroot) : command);
    return { start: command === "nothing" ? undefined : start, instances, healthCheckPath };
  }

  vault(name: string): Vault {
    const vault = this.vaults.get(name.toLowerCase());
    if (!vault) throw new Error(`the vault ${name} does not exist`);
    return vault;
  }

  async addVault(name: string, id: string, softDeleteRetentionInDays: number): Promise<Vault> {
    const { entra, access, denials, certificates } = this;
    const callers = new Callers(entra, ["https://vault.azure.net"]);
    const { tenantId } = entra;
    const options = { name, id, tenantId, softDeleteRetentionInDays, certificates, access, callers, denials };
    const vault = await Vault.open(options);
    this.vaults.set(name.toLowerCase(), vault);
    return vault;
  }

  async removeVault(name: string): Promise<void> {
    const vault = this.vault(name);
    this.vaults.delete(name.toLowerCase());
    await vault.close();
  }

  async close(): Promise<void> {
    await Promise.all([...this.sites.values()].map(({ site }) => site.close()));
    await Promise.all([...this.vaults.values()].map((vault) => vault.close()));
    await Promise.all([this.botServiceHost.close(), this.identityEndpoint.close(), this.storage.close()]);
  }
}
