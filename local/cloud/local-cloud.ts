import { randomUUID } from "node:crypto";
import { Site } from "../app-service/site";
import { BotService } from "../bot-service";
import { BotServiceHost } from "../bot-service-host";
import { type Certificates, makeCertificates } from "../certificates";
import { Entra } from "../identity/entra";
import { ManagedIdentityEndpoint } from "../identity/managed-identity-endpoint";
import { makePrincipal, type Principal } from "../identity/principal";
import { DataPlane } from "../storage/data-plane";
import { Storage } from "../storage/storage";
import { trust } from "../trust";
import { armId, nameInput } from "./arm-id";
import { cloudRow } from "./cloud-row";
import { invokes } from "./invokes";
import { NotSupported } from "./not-supported";
import type { Properties, ResourceType } from "./resource-type";
import { resourceTypes } from "./resource-types";

export interface LocalCloudOptions {
  /** A folder for what the cloud keeps; the caller removes it. */
  home: string;
  /** Starts a function app's content: arguments of node. */
  functionsHost(wwwroot: string): string[];
  /** A line of an app's log (`bot`, `function`), or of the cloud's own (`azure`). */
  log(source: string, line: string): void;
  /** An app ended without having been asked to. */
  onDeath(app: AppName, cause: string): void;
}

/** What people call the apps, whatever their sites' names are. */
export type AppName = "bot" | "function";

export interface Realised {
  id: string;
  outputs: Properties;
}

/** Azure on this machine: everything that a resource of the program needs to be real. */
export class LocalCloud {
  readonly subscriptionId = randomUUID();
  /** Whoever runs `npm start`. */
  readonly operator = makePrincipal("operator");
  /** By resource id. */
  readonly identities = new Map<string, Principal>();
  readonly sites = new Map<string, Site>();
  readonly apps = new Map<AppName, Site>();

  private constructor(
    private readonly options: LocalCloudOptions,
    readonly certificates: Certificates,
    readonly entra: Entra,
    readonly identityEndpoint: ManagedIdentityEndpoint,
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
    const storage = await Storage.open(certificates);
    const resourceManager = makePrincipal("Azure Resource Manager");
    const dataPlane = new DataPlane(
      async () => (await entra.issue(resourceManager, "https://storage.azure.com")).token,
    );
    const botService = new BotService({
      verifyBotToken: async (token) => ({ appId: (await entra.verify(token, ["https://api.botframework.com"])).appid }),
      log: (line) => options.log("azure", line),
    });
    const host = await BotServiceHost.open(botService, certificates);
    return new LocalCloud(options, certificates, entra, identityEndpoint, storage, dataPlane, botService, host);
  }

  /** This cloud's row of the table of clouds; `directLine` is where browsers reach Direct Line. */
  row(directLine: string) {
    return cloudRow(this.botService.urls(), this.botService.issuer, directLine);
  }

  /** Makes a resource. @throws NotSupported, or why it cannot be made */
  async create(token: string, logicalName: string, inputs: Properties): Promise<Realised> {
    const type = resourceTypes[token];
    if (!type) throw new NotSupported(`resources of type ${token}`);
    refuseUnknown(token, type, inputs);
    const key = nameInput(type.id);
    const name = String(inputs[key] ?? type.autoname?.(logicalName));
    const id = armId(type.id, { subscriptionId: this.subscriptionId, ...inputs, [key]: name });
    const outputs = (await type.create?.({ cloud: this, inputs, id, name })) ?? {};
    return { id, outputs: { ...inputs, name, ...outputs } };
  }

  async invoke(token: string, args: Properties): Promise<Properties> {
    const answer = invokes[token];
    if (!answer) throw new NotSupported(`the function ${token}`);
    return answer(this, args as Record<string, string>);
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

  async addSite(name: string, identities: Principal[], command: "functions" | string[]): Promise<Site> {
    const { home, functionsHost, log, onDeath } = this.options;
    const app = command === "functions" ? "function" : "bot";
    const site = await Site.open({
      name,
      home,
      certificates: this.certificates,
      identity: this.identityEndpoint.admit(identities),
      start: (wwwroot) => (command === "functions" ? functionsHost(wwwroot) : command),
      authorize: (token) => this.entra.verify(token, ["https://appservice.azure.com"]),
      log: (line) => log(app, line),
      onDeath: (cause) => onDeath(app, cause),
    });
    this.sites.set(name, site);
    this.apps.set(app, site);
    return site;
  }

  async close(): Promise<void> {
    await Promise.all([...this.sites.values()].map((site) => site.close()));
    await Promise.all([this.botServiceHost.close(), this.identityEndpoint.close(), this.storage.close()]);
  }
}

function refuseUnknown(token: string, type: ResourceType, inputs: Properties): void {
  const unknown = type.inputs && Object.keys(inputs).find((input) => !type.inputs?.includes(input));
  if (unknown) throw new NotSupported(`the input ${unknown} of ${token}`);
}
