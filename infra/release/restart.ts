import type { App } from "./app";
import { ask, describe } from "./ask";
import { secondsSince, type Wait } from "./wait";

const mostRestarts = 2;

/** Counts the time until the next restart from now on. */
export function postponeRestart(wait: Wait): void {
  wait.restartAt = Date.now() + wait.pace.restart;
}

/**
 * Restarts the app if that is due, at most twice in a release: a host may go on with the old code, or stay in its error
 * state, until it is restarted. A refused restart is reported, and the release goes on.
 * @see github.com/Azure/azure-functions-host/issues/5500, …/5663, …/11812
 * @see learn.microsoft.com/rest/api/appservice/web-apps/restart
 */
export async function restartIfDue(app: App, wait: Wait): Promise<void> {
  if (Date.now() < wait.restartAt || wait.restarts.length === mostRestarts) return;
  postponeRestart(wait);
  const url = new URL(`${app.siteId}/restart?api-version=2025-05-01`, app.resourceManager).href;
  const headers = { authorization: `Bearer ${app.tokens.resourceManager}` };
  const answer = await ask(url, { method: "POST", headers }, wait.pace.request, wait);
  const refusal = answer.status >= 200 && answer.status < 300 ? "" : describe(answer);
  wait.restarts.push(refusal);
  console.log(
    refusal
      ? `${app.site}: Azure did not restart the app: ${refusal.slice(0, 120)}`
      : `${app.site}: restarted after ${secondsSince(wait)} s, since the new version does not answer (${wait.restarts.length} of ${mostRestarts})`,
  );
}

/** The line of an error about the restarts that were tried; "" if none was. */
export function restartReport({ restarts }: Wait): string {
  if (restarts.length === 0) return "";
  const refusal = restarts.at(-1);
  if (refusal)
    return `The release could not restart the app (${refusal}). Restart it yourself (Azure portal: the app, Restart; or \`az webapp restart\`).\n`;
  return `The app was restarted ${restarts.length === 1 ? "once" : "twice"}, which did not help.\n`;
}
