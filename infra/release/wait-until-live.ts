import type { App } from "./app";
import { type Answer, ask } from "./ask";
import { deploymentLog } from "./deployment-log";
import { poll } from "./poll";
import { postponeRestart, restartIfDue, restartReport } from "./restart";
import { secondsSince, type Wait } from "./wait";

const healthHint =
  "What to do: look at the app's own output (Azure portal: the app, Log stream; or `az webapp log tail`). If it only " +
  "needs longer to start, raise the config `releaseTimeout`; then run `pulumi up` again.";

const readyHint =
  "What to do: the app runs, but cannot use something it needs with its identity (queue, tables, vault). New role " +
  "assignments take up to 10 minutes: run `pulumi up` again or raise the config `releaseTimeout`; then check the " +
  "app's role assignments and its Log stream.";

/**
 * Waits until the version that answers is this one, then until it says that it can work. Restarts the app where that
 * version stays away.
 * @throws when the time is up, with the app's last answer and the platform's deployment log.
 */
export async function waitUntilLive(app: App, deploymentId: string, wait: Wait): Promise<void> {
  postponeRestart(wait);
  await waitForVersion(app, deploymentId, wait);
  postponeRestart(wait);
  await waitForReady(app, wait);
}

function waitForVersion(app: App, deploymentId: string, wait: Wait): Promise<true> {
  const url = new URL("/healthz", app.appUrl).href;
  let other = "";
  return poll(wait, {
    name: `version ${short(app.version)} to answer on /healthz`,
    ask: () => ask(url, {}, wait.pace.request, wait),
    async judge(answer) {
      const version = answer.status === 200 ? said(answer, "version") : "";
      if (version === app.version) return true;
      other = version;
      await restartIfDue(app, wait);
      return undefined;
    },
    async timeUp(last) {
      const log = deploymentId ? await deploymentLog(app, deploymentId, wait) : "";
      return (
        `${app.site}: version ${short(app.version)} did not answer within ${secondsSince(wait)} s.\n` +
        (other ? `Another version answers (${short(other)}): the zip was deployed, but does not run.\n` : "") +
        `Last answer of ${url}: ${last}\n` +
        (log ? `Deployment log (end):\n${log}\n` : "") +
        restartReport(wait) +
        healthHint
      );
    },
  });
}

function waitForReady(app: App, wait: Wait): Promise<true> {
  const url = new URL("/readyz", app.appUrl).href;
  return poll(wait, {
    name: "/readyz to answer 200",
    ask: () => ask(url, {}, wait.pace.request, wait),
    async judge(answer) {
      if (answer.status === 200) return true;
      // An app that says so itself runs, and asks again for what it needs each time: a late role needs no restart.
      if (said(answer, "status")) postponeRestart(wait);
      await restartIfDue(app, wait);
      return undefined;
    },
    timeUp: (last) =>
      `${app.site}: version ${short(app.version)} runs, but was not ready within ${secondsSince(wait)} s.\n` +
      `Last answer of ${url}: ${last}\n${restartReport(wait)}${readyHint}`,
  });
}

/** A string of an answer's JSON object, else "". */
function said(answer: Answer, key: "version" | "status"): string {
  try {
    const value = JSON.parse(answer.body)[key];
    return typeof value === "string" ? value : "";
  } catch {
    return "";
  }
}

function short(version: string): string {
  return version.slice(0, 12);
}
