import type { App } from "./app";
import { type Answer, ask, describe, mayPass } from "./ask";
import { poll } from "./poll";
import { secondsSince, timeLeft, type Wait } from "./wait";

/** OneDeploy for the web app; zip push for a function app on a dedicated plan. Both answer 202 and go on by themselves. */
const pushPath = {
  web: "/api/publish?type=zip&async=true",
  function: "/api/zipdeploy?isAsync=true",
};

/** What the person reading an error can do. */
export const pushHint =
  "What to do: check that whoever runs `pulumi up` is at least Contributor on the resource group and that the SCM " +
  "site is reachable from here (no access restriction). New role assignments take up to 10 minutes; then run `pulumi up` again.";

/**
 * Uploads the zip until the SCM site accepts it, and returns the URL to poll for the deployment.
 * @throws when the SCM site refuses for good, or the time is up.
 */
export function push(app: App, zip: Uint8Array<ArrayBuffer>, wait: Wait): Promise<string> {
  const url = new URL(pushPath[app.kind], app.scmUrl).href;
  const { appService, resourceManager } = app.tokens;
  const tokens = appService ? [appService, resourceManager] : [resourceManager];
  let delay = wait.pace.backOff / 2;
  return poll(wait, {
    name: "the SCM site to accept the zip",
    ask: () => upload(url, zip, wait, tokens),
    judge(answer) {
      if (answer.status >= 200 && answer.status < 300) return deploymentUrl(app, answer.location);
      if (!mayBeAccepted(answer, wait))
        throw new Error(`${app.site}: ${url} refused the zip: ${describe(answer)}\n${pushHint}`);
      console.log(`${app.site}: zip not accepted yet: ${describe(answer).slice(0, 120)}`);
      return undefined;
    },
    pause() {
      delay = Math.min(delay * 2, wait.pace.maxBackOff);
      return delay;
    },
    timeUp: (last) =>
      `${app.site}: ${url} did not accept the zip within ${secondsSince(wait)} s.\nLast answer: ${last}\n${pushHint}`,
  });
}

/** One attempt, with one token after the other while they are refused with 401; the last one used is for what follows. */
async function upload(
  url: string,
  zip: Uint8Array<ArrayBuffer>,
  wait: Wait,
  [token = "", ...others]: string[],
): Promise<Answer> {
  wait.token = token;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/zip" };
  const answer = await ask(url, { method: "POST", headers, body: zip }, wait.pace.upload, wait);
  // 403 is no reason for another token: this one is known, and its role may still be on its way.
  const another = answer.status === 401 && others.length > 0 && timeLeft(wait) > 0;
  return another ? upload(url, zip, wait, others) : answer;
}

function mayBeAccepted(answer: Answer, wait: Wait): boolean {
  if (answer.status === 401) return Date.now() - wait.started < wait.pace.strangerGrace;
  return mayPass(answer.status);
}

/** Only path and query of Location count: the token goes to no other host. */
function deploymentUrl(app: App, location: string): string {
  const { pathname, search } = new URL(location || "/api/deployments/latest", app.scmUrl);
  return new URL(pathname + search, app.scmUrl).href;
}
