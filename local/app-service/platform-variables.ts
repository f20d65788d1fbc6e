import { createHash } from "node:crypto";
import type { IdentityVariables } from "../identity/managed-identity-endpoint";

export interface SitePlace {
  name: string;
  hostName: string;
  port: number;
  /** Which of the site's instances it is. */
  instanceId: string;
  /** What stands for the site's home folder. */
  home: string;
  caFile: string;
}

/** What App Service itself puts into an app's environment: learn.microsoft.com/azure/app-service/reference-app-settings. */
export function platformVariables(site: SitePlace, identity: IdentityVariables): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: site.home,
    PORT: String(site.port),
    WEBSITE_SITE_NAME: site.name,
    WEBSITE_HOSTNAME: site.hostName,
    WEBSITE_INSTANCE_ID: createHash("sha256").update(site.instanceId).digest("hex"),
    ...identity,
    NODE_EXTRA_CA_CERTS: site.caFile, // in Azure every certificate is signed by an authority that node already trusts
  };
}
