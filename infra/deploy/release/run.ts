/** One app to release: where its zip goes and the version that it must answer with afterwards. */
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

/** How fast a release goes; all in milliseconds. Tests pass a quicker one. */
export interface Pace {
  /** A line of progress at least this often. */
  progress: number;
  /** Between two polls of a deployment or of the app: from `poll` to `maxPoll`, slower the longer it takes. */
  poll: number;
  maxPoll: number;
  /** First wait after a push that was not accepted; doubles up to `maxBackOff`. */
  backOff: number;
  maxBackOff: number;
  /** Longest wait for one answer. */
  request: number;
  /** Longest wait for the answer to one upload. */
  upload: number;
  /** For how long a 401 may still mean that the site is too new to know the deployer. */
  unauthorizedGrace: number;
  /** For how long the deployed version may be missing before the app is restarted, and restarted again. */
  restart: number;
}

export const defaultPace: Pace = {
  progress: 10_000,
  poll: 250,
  maxPoll: 3_000,
  backOff: 1_000,
  maxBackOff: 15_000,
  request: 30_000,
  upload: 300_000,
  unauthorizedGrace: 60_000,
  restart: 180_000,
};

/** One release on its way: its steps share one deadline. */
export interface Run {
  app: App;
  pace: Pace;
  started: number;
  deadline: number;
  /** Completes "waiting for …"; the steps set it, the progress lines print it. */
  goal: string;
  /** The bearer token for the SCM site: the push finds out which one it takes. */
  token: string;
  /** The restarts that were tried, each with the reason why Azure refused it; "" = accepted. */
  restarts: string[];
  /** When the next restart is due. */
  restartAt: number;
}

export function startRun(app: App, pace: Pace): Run {
  const started = Date.now();
  const deadline = started + app.timeoutSeconds * 1000;
  return { app, pace, started, deadline, goal: "the upload", token: "", restarts: [], restartAt: Infinity };
}

export function timeLeft(run: Run): number {
  return Math.max(0, run.deadline - Date.now());
}

/** Pauses, but never past the deadline. */
export function pause(run: Run, milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, timeLeft(run))));
}

/** The time that the release has taken, for people: `12 s`. */
export function elapsed({ started }: Run): string {
  return `${Math.round((Date.now() - started) / 1000)} s`;
}
