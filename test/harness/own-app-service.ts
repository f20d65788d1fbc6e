import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Files, versionOf, zip } from "../../infra/deploy/package/zip";
import { Site, type SiteOptions } from "../../local/app-service/site";
import { type Certificates, makeCertificates } from "../../local/certificates";
import { Entra } from "../../local/identity/entra";
import { ManagedIdentityEndpoint } from "../../local/identity/managed-identity-endpoint";
import { makePrincipal, type Principal } from "../../local/identity/principal";
import { trust } from "../../local/trust";
import { patience } from "./eventually";

const scmAudience = "https://appservice.azure.com";

/** The local App Service in the test's own process: real sites, whose apps are child processes. */
export class OwnAppService {
  /** What the sites said of their apps' ends, and what the apps wrote. */
  readonly lines: string[] = [];
  private readonly operator = makePrincipal("operator", "User");
  private readonly sites: Site[] = [];

  private constructor(
    readonly home: string,
    readonly certificates: Certificates,
    readonly entra: Entra,
    private readonly identityEndpoint: ManagedIdentityEndpoint,
  ) {}

  static async open(): Promise<OwnAppService> {
    const home = mkdtempSync(path.join(tmpdir(), "own-app-service-"));
    const certificates = await makeCertificates(home);
    trust(certificates.ca);
    const entra = await Entra.open();
    return new OwnAppService(home, certificates, entra, await ManagedIdentityEndpoint.open(entra));
  }

  /** An empty site whose app starts with `node index.js`. */
  async site(name: string, identities: Principal[] = [], options: Partial<SiteOptions> = {}): Promise<Site> {
    const site = await Site.open({
      name,
      home: this.home,
      certificates: this.certificates,
      identity: this.identityEndpoint.admit(identities),
      start: () => ["index.js"],
      authorize: (token) => this.entra.verify(token, [scmAudience]),
      log: (line) => this.lines.push(line),
      onDeath: (cause) => this.lines.push(`${name} ${cause}`),
      ...options,
    });
    this.sites.push(site);
    return site;
  }

  /** A token of whoever deploys. */
  async token(audience = scmAudience): Promise<string> {
    return (await this.entra.issue(this.operator, audience)).token;
  }

  async close(): Promise<void> {
    await Promise.all(this.sites.map((site) => site.close()));
    await this.identityEndpoint.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** An app of one file, as the program would have packed it. */
export function makeZip(code: string): { zip: Buffer; version: string } {
  const text = (content: string) => new TextEncoder().encode(content);
  const files: Files = { "index.js": text(code) };
  const version = versionOf(files);
  return { zip: Buffer.from(zip({ ...files, "version.txt": text(version) })), version };
}

/** Asks until something other than the front end itself answers. @throws Error with its last answer */
export async function askApp(site: Site, url = "/", init?: RequestInit): Promise<Response> {
  const deadline = Date.now() + patience;
  for (;;) {
    const response = await fetch(`https://${site.hostName}${url}`, init);
    if (response.status !== 502 && response.status !== 503) return response;
    if (Date.now() > deadline) throw new Error(`${site.name} still answers ${response.status}`);
    await response.arrayBuffer(); // an unread body keeps its connection
    await sleep(20);
  }
}
