import { deploymentLog } from "./deployment";
import { type Answer, describe, isSuccess, json, poll, send } from "./poll";
import { elapsed, type Run } from "./run";

const maxRestarts = 2;

const healthHint =
  "Look at the app's own output (Azure portal: the app, Log stream; or `az webapp log tail`). If it only " +
  "needs longer to start, raise the config `releaseTimeout`; then run `pulumi up` again.";

const readyHint =
  "The app runs, but cannot use something it needs with its identity (queue, tables, vault). New role " +
  "assignments take up to 10 minutes: run `pulumi up` again or raise the config `releaseTimeout`; then check the " +
  "app's role assignments and its Log stream.";

/**
 * Waits until the version that answers is this one, then until the app is ready. Restarts the app where that version does
 * not answer.
 * @param deploymentId for the log; "" when unknown
 * @throws at the deadline, with the app's last answer and the platform's deployment log
 */
export async function waitUntilLive(run: Run, deploymentId: string): Promise<void> {
  postponeRestart(run);
  await waitForVersion(run, deploymentId);
  postponeRestart(run);
  await waitForReady(run);
}

function waitForVersion(run: Run, deploymentId: string): Promise<true> {
  const { site, appUrl, version } = run.app;
  const url = new URL("/healthz", appUrl).href;
  let other = "";
  return poll(run, {
    name: `version ${short(version)} to answer on /healthz`,
    send: () => send(run, { url }),
    async check(answer) {
      const answered = answer.status === 200 ? textIn(answer, "version") : "";
      if (answered === version) return true;
      other = answered;
      await restartIfDue(run);
      return undefined;
    },
    async timeoutMessage(last) {
      const log = deploymentId ? await deploymentLog(run, deploymentId) : "";
      return (
        `${site}: version ${short(version)} did not answer within ${elapsed(run)}.\n` +
        (other ? `Another version answers (${short(other)}): the zip was deployed, but does not run.\n` : "") +
        `Last answer of ${url}: ${last}\n` +
        (log ? `Deployment log (end):\n${log}\n` : "") +
        `${restartReport(run)}${healthHint}`
      );
    },
  });
}

function waitForReady(run: Run): Promise<true> {
  const { site, appUrl, version } = run.app;
  const url = new URL("/readyz", appUrl).href;
  return poll(run, {
    name: "/readyz to answer 200",
    send: () => send(run, { url }),
    async check(answer) {
      if (answer.status === 200) return true;
      // An app that answers by itself runs, and tries its dependencies each time: a late role needs no restart.
      if (textIn(answer, "status")) postponeRestart(run);
      await restartIfDue(run);
      return undefined;
    },
    timeoutMessage: (last) =>
      `${site}: version ${short(version)} runs, but was not ready within ${elapsed(run)}.\n` +
      `Last answer of ${url}: ${last}\n${restartReport(run)}${readyHint}`,
  });
}

/** Counts the time until the next restart from now on. */
function postponeRestart(run: Run): void {
  run.restartAt = Date.now() + run.pace.restart;
}

/**
 * Restarts the app if that is due, at most twice in a release: a host may go on with the old code, or stay in its error
 * state, until it is restarted. A refused restart is reported, and the release goes on.
 * @see github.com/Azure/azure-functions-host/issues/5500, …/5663, …/11812
 * @see learn.microsoft.com/rest/api/appservice/web-apps/restart
 */
async function restartIfDue(run: Run): Promise<void> {
  const { app, restarts } = run;
  if (Date.now() < run.restartAt || restarts.length === maxRestarts) return;
  postponeRestart(run);
  const url = new URL(`${app.siteId}/restart?api-version=2025-05-01`, app.resourceManager).href;
  const answer = await send(run, { url, method: "POST", token: app.tokens.resourceManager });
  const refusal = isSuccess(answer) ? "" : describe(answer);
  restarts.push(refusal);
  console.log(
    refusal
      ? `${app.site}: Azure did not restart the app: ${refusal.slice(0, 120)}`
      : `${app.site}: restarted after ${elapsed(run)}, since the new version does not answer (${restarts.length} of ${maxRestarts})`,
  );
}

/** The line of an error about the restarts that were tried; "" if none was. */
function restartReport({ restarts }: Run): string {
  if (restarts.length === 0) return "";
  const refusal = restarts.at(-1);
  if (refusal)
    return `The release could not restart the app (${refusal}). Restart it yourself (Azure portal: the app, Restart; or \`az webapp restart\`).\n`;
  return `The app was restarted ${restarts.length === 1 ? "once" : "twice"}, which did not help.\n`;
}

/** A text of an answer's JSON object, else "". */
function textIn(answer: Answer, key: "version" | "status"): string {
  const value = json<Record<string, unknown>>(answer)?.[key];
  return typeof value === "string" ? value : "";
}

function short(version: string): string {
  return version.slice(0, 12);
}
