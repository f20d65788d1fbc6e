import type { App } from "./app";

/** How fast a release goes; all in milliseconds. Tests pass a quicker one. */
export interface Pace {
  /** A line of progress at least this often. */
  progress: number;
  /** Between two looks at a deployment or at the app: from `poll` to `maxPoll`, slower the longer it takes. */
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
  strangerGrace: number;
  /** For how long the deployed version may be missing before the app is restarted, and restarted again. */
  restart: number;
}

export const unhurried: Pace = {
  progress: 10_000,
  poll: 250,
  maxPoll: 3_000,
  backOff: 1_000,
  maxBackOff: 15_000,
  request: 30_000,
  upload: 300_000,
  strangerGrace: 60_000,
  restart: 180_000,
};

/** What the steps of one release share: one deadline for all of them, and what is being waited for right now. */
export interface Wait {
  site: string;
  started: number;
  deadline: number;
  pace: Pace;
  /** Completes "waiting for …"; the steps set it, the progress lines print it. */
  goal: string;
  /** The bearer token for the SCM site: the push finds out which one it takes. */
  token: string;
  /** The restarts that were tried, each as Azure answered it: "" = accepted, else why it was refused. */
  restarts: string[];
  /** When the next restart is due. */
  restartAt: number;
}

export function startWait(app: App, pace: Pace): Wait {
  const started = Date.now();
  return {
    site: app.site,
    started,
    deadline: started + app.timeoutSeconds * 1000,
    pace,
    goal: "the upload",
    token: "",
    restarts: [],
    restartAt: Number.POSITIVE_INFINITY,
  };
}

export function timeLeft(wait: Wait): number {
  return Math.max(0, wait.deadline - Date.now());
}

/** Pauses, but never past the deadline. */
export function pause(wait: Wait, milliseconds: number): Promise<void> {
  const bounded = Math.min(milliseconds, timeLeft(wait));
  return new Promise((resolve) => setTimeout(resolve, bounded));
}

export function secondsSince(wait: Wait): number {
  return Math.round((Date.now() - wait.started) / 1000);
}

export function progressLine(wait: Wait): string {
  const limit = Math.round((wait.deadline - wait.started) / 1000);
  return `${wait.site}: waiting for ${wait.goal} (${secondsSince(wait)} s of ${limit} s)`;
}
