import type { App } from "./app";
import type { Pace } from "./pace";

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

/** Pauses before the next look: a tenth of the time so far, within the pace's limits. */
export function pauseToPoll(wait: Wait, atLeast: number): Promise<void> {
  const tenth = (Date.now() - wait.started) / 10;
  return pause(wait, Math.max(atLeast, wait.pace.poll, Math.min(tenth, wait.pace.maxPoll)));
}

export function secondsSince(wait: Wait): number {
  return Math.round((Date.now() - wait.started) / 1000);
}

export function progressLine(wait: Wait): string {
  const limit = Math.round((wait.deadline - wait.started) / 1000);
  return `${wait.site}: waiting for ${wait.goal} (${secondsSince(wait)} s of ${limit} s)`;
}
