/** One app to release: where its zip goes and what it must answer afterwards. */
export interface App {
  /** The app's name. */
  site: string;
  kind: "web" | "function";
  /** https://<scm host> */
  scmUrl: string;
  /** https://<host> */
  appUrl: string;
  /** Path of the zip, relative to the project's root. */
  package: string;
  /** The hash that `/healthz` answers once this zip runs. */
  version: string;
  /** Bearer tokens for the SCM host (secret), best first: the next one counts only where one is refused with 401. */
  tokens: string[];
  /** Limit for push, deployment and start together. */
  timeoutSeconds: number;
}
