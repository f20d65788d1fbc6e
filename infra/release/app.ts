/** One app to release: where its zip goes and what it must answer afterwards. */
export interface App {
  /** The app's name. */
  site: string;
  /** The app's id in Azure Resource Manager: `/subscriptions/…/sites/<name>`. */
  siteId: string;
  kind: "web" | "function";
  /** https://<scm host> */
  scmUrl: string;
  /** https://<host> */
  appUrl: string;
  /** Azure Resource Manager's endpoint, without a path. */
  resourceManager: string;
  /** Path of the zip, relative to the project's root. */
  package: string;
  /** The hash that `/healthz` answers once this zip runs. */
  version: string;
  tokens: DeployerTokens;
  /** Limit for push, deployment and start together. */
  timeoutSeconds: number;
}

/** Bearer tokens of the deployer (secret), by audience. */
export interface DeployerTokens {
  /** For App Service, whose SCM hosts prefer it. Absent where the login gets none. */
  appService?: string;
  /** For Azure Resource Manager; SCM hosts that answer 401 to the other one get this one. */
  resourceManager: string;
}
