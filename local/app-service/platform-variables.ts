import { createHash } from "node:crypto";
import type { IdentityVariables } from "../identity/managed-identity-endpoint";

export interface SitePlace {
  name: string;
  hostName: string;
  port: number;
  /** Identifies the site's instance. */
  instanceId: string;
  /** The local folder that represents the site's home folder. */
  home: string;
  caFile: string;
}

/** The variables that App Service adds to an app's environment: learn.microsoft.com/azure/app-service/reference-app-settings. */
export function platformVariables(site: SitePlace, identity: IdentityVariables): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: site.home,
    PORT: String(site.port),
    WEBSITE_SITE_NAME: site.name,
    WEBSITE_HOSTNAME: site.hostName,
    WEBSITE_INSTANCE_ID: createHash("sha256").update(site.instanceId).digest("hex"),
    ...identity,
    NODE_EXTRA_CA_CERTS: site.caFile, // in Azure, Node.js already trusts the authority of every certificate
  };
}
