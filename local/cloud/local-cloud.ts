import { randomUUID } from "node:crypto";
import { Callers } from "../access/callers";
import { Denials } from "../access/denials";
import { RoleAssignments } from "../access/role-assignments";
import { Site } from "../app-service/site";
import { BotService } from "../bot-service";
import { BotServiceHost } from "../bot-service-host";
import { type Certificates, makeCertificates } from "../certificates";
import { Entra } from "../identity/entra";
import { ManagedIdentityEndpoint } from "../identity/managed-identity-endpoint";
import { makePrincipal, type Principal } from "../identity/principal";
import { DataPlane } from "../storage/data-plane";
import { StorageGuard } from "../storage/guard/storage-guard";
import { Storage } from "../storage/storage";
import { trust } from "../trust";
import { Vault } from "../vault/vault";
import { cloudRow } from "./cloud-row";

export interface LocalCloudOptions {
  /** A folder for what the cloud keeps; the caller removes it. */
  home: string;
  /** Starts a function app's content: arguments of node. */
  functionsHost(wwwroot: string): string[];
  /** A line of an app's log (`bot`, `function`), or of the cloud's own (`azure`). */
  log(source: string, line: string): void;
  /** An app ended without having been asked to. */
  onDeath(app: AppName, cause: string): void;
  /** How long a role assignment takes to work. */
  propagationSeconds?: number;
  /** Who the configuration says operates the bot, if it does: an object id. */
  operatorObjectId?: string;
}

/** What people call the apps, whatever their sites' names are. */
export type AppName = "bot" | "function";

export interface NewSite {
  name: string;
  identities: Principal[];
  /** The Functions host, or arguments of node. */
  command: "functions" | string[];
  healthCheckPath?: string;
}

/** Azure on this machine: everything that a resource of the program needs to be real. */
export class LocalCloud {
  readonly subscriptionId = randomUUID();
  /** By resource id. */
  readonly identities = new Map<string, Principal>();
  readonly sites = new Map<string, Site>();
  readonly apps = new Map<AppName, Site>();
  /** By name. */
  readonly vaults = new Map<string, Vault>();
  /** Ids, in lower case. */
  private readonly resources = new Set([`/subscriptions/${this.subscriptionId}`]);

  private constructor(
    private readonly options: LocalCloudOptions,
    readonly certificates: Certificates,
    readonly entra: Entra,
    /** Whoever runs `npm start`. */
    readonly operator: Principal,
    readonly access: RoleAssignments,
    private readonly denials: Denials,
    readonly identityEndpoint: ManagedIdentityEndpoint,
    readonly storageGuard: StorageGuard,
    readonly storage: Storage,
    readonly dataPlane: DataPlane,
    readonly botService: BotService,
    private readonly botServiceHost: BotServiceHost,
  ) {}

  static async open(options: LocalCloudOptions): Promise<LocalCloud> {
    const certificates = await makeCertificates(options.home);
    trust(certificates.ca);
    const entra = await Entra.open();
    const identityEndpoint = await ManagedIdentityEndpoint.open(entra);
    const resourceManager = entra.enrol(makePrincipal("Azure Resource Manager"));
    const operator = entra.enrol(makePrincipal("operator", "User", options.operatorObjectId));
    const access = new RoleAssignments({ propagationSeconds: options.propagationSeconds });
    access.lift(resourceManager.objectId);
    const denials = new Denials((line) => options.log("azure", line));
    const storageCallers = new Callers(entra, ["https://storage.azure.com", "https://storage.azure.com/"]);
    const storageGuard = new StorageGuard({ tenantId: entra.tenantId, access, callers: storageCallers, denials });
    const storage = await Storage.open(certificates, storageGuard);
    const dataPlane = new DataPlane(
      async () => (await entra.issue(resourceManager, "https://storage.azure.com")).token,
    );
    const bots = new Callers(entra, ["https://api.botframework.com"]);
    const botService = new BotService({
      verifyBotToken: async (token) => ({ appId: (await bots.identify(token)).clientId }),
      log: (line) => options.log("azure", line),
    });
    const host = await BotServiceHost.open(botService, certificates);
    return new LocalCloud(
      options,
      certificates,
      entra,
      operator,
      access,
      denials,
      identityEndpoint,
      storageGuard,
      storage,
      dataPlane,
      botService,
      host,
    );
  }

  /** This cloud's row of the table of clouds; `directLine` is where browsers reach Direct Line. */
  row(directLine: string) {
    return cloudRow(this.botService.urls(), this.botService.issuer, directLine);
  }

  /** From now on others may refer to this resource. */
  remember(resourceId: string): void {
    this.resources.add(resourceId.toLowerCase());
  }

  exists(resourceId: string): boolean {
    return this.resources.has(resourceId.toLowerCase());
  }

  identity(resourceId: string): Principal {
    const identity = this.identities.get(resourceId);
    if (!identity) throw new Error(`the identity ${resourceId} does not exist`);
    return identity;
  }

  site(name: string): Site {
    const site = this.sites.get(name);
    if (!site) throw new Error(`the site ${name} does not exist`);
    return site;
  }

  async addSite({ name, identities, command, healthCheckPath }: NewSite): Promise<Site> {
    const { home, functionsHost, log, onDeath } = this.options;
    const app = command === "functions" ? "function" : "bot";
    const site = await Site.open({
      name,
      home,
      certificates: this.certificates,
      identity: this.identityEndpoint.admit(identities),
      start: (wwwroot) => (command === "functions" ? functionsHost(wwwroot) : command),
      authorize: (token) => this.entra.verify(token, ["https://appservice.azure.com"]),
      healthCheckPath,
      log: (line) => log(app, line),
      onDeath: (cause) => onDeath(app, cause),
    });
    this.sites.set(name, site);
    this.apps.set(app, site);
    return site;
  }

  vault(name: string): Vault {
    const vault = this.vaults.get(name);
    if (!vault) throw new Error(`the vault ${name} does not exist`);
    return vault;
  }

  async addVault(name: string, id: string, softDeleteRetentionInDays: number): Promise<Vault> {
    const { entra, access, denials, certificates } = this;
    const callers = new Callers(entra, ["https://vault.azure.net"]);
    const { tenantId } = entra;
    const options = { name, id, tenantId, softDeleteRetentionInDays, certificates, access, callers, denials };
    const vault = await Vault.open(options);
    this.vaults.set(name, vault);
    return vault;
  }

  async close(): Promise<void> {
    await Promise.all([...this.sites.values()].map((site) => site.close()));
    await Promise.all([...this.vaults.values()].map((vault) => vault.close()));
    await Promise.all([this.botServiceHost.close(), this.identityEndpoint.close(), this.storage.close()]);
  }
}
