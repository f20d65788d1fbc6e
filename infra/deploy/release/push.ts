import { type Answer, describe, isSuccess, isTransient, poll, send } from "./poll";
import { elapsed, type Run, timeLeft } from "./run";

/** OneDeploy for the web app; zip push for a function app on a dedicated plan. Both answer 202 and go on by themselves. */
const pushPath = {
  web: "/api/publish?type=zip&async=true",
  function: "/api/zipdeploy?isAsync=true",
};

/** The advice in an error about the SCM site. */
export const pushHint =
  "Check that the login that runs `pulumi up` is at least Contributor on the resource group and that the SCM " +
  "site is reachable from here (no access restriction). New role assignments take up to 10 minutes; then run `pulumi up` again.";

/**
 * Uploads the zip until the SCM site accepts it, and returns the URL to poll for the deployment.
 * @throws when the SCM site refuses for good, or at the deadline
 */
export function push(run: Run, zip: Uint8Array<ArrayBuffer>): Promise<string> {
  const { app, pace } = run;
  const url = new URL(pushPath[app.kind], app.scmUrl).href;
  const { appService, resourceManager } = app.tokens;
  const tokens = appService ? [appService, resourceManager] : [resourceManager];
  let delay = pace.backOff / 2;
  return poll(run, {
    name: "the SCM site to accept the zip",
    send: () => upload(run, url, zip, tokens),
    check(answer) {
      if (isSuccess(answer)) return deploymentUrl(app.scmUrl, answer.location);
      if (!mayBeAccepted(run, answer))
        throw new Error(`${app.site}: ${url} refused the zip: ${describe(answer)}\n${pushHint}`);
      console.log(`${app.site}: zip not accepted yet: ${describe(answer).slice(0, 120)}`);
      return undefined;
    },
    delay() {
      delay = Math.min(delay * 2, pace.maxBackOff);
      return delay;
    },
    timeoutMessage: (last) =>
      `${app.site}: ${url} did not accept the zip within ${elapsed(run)}.\nLast answer: ${last}\n${pushHint}`,
  });
}

/** One attempt, with one token after the other while they are refused with 401; the last one used is for the steps that follow. */
async function upload(
  run: Run,
  url: string,
  body: Uint8Array<ArrayBuffer>,
  [token = "", ...others]: string[],
): Promise<Answer> {
  run.token = token;
  const answer = await send(run, { url, method: "POST", token, body, limit: run.pace.upload });
  // 403 is no reason for another token: this one is known, and its role may still be on its way.
  const another = answer.status === 401 && others.length > 0 && timeLeft(run) > 0;
  return another ? upload(run, url, body, others) : answer;
}

function mayBeAccepted({ started, pace }: Run, answer: Answer): boolean {
  return isTransient(answer) || (answer.status === 401 && Date.now() - started < pace.unauthorizedGrace);
}

/** Only path and query of Location count: the token goes to no other host. */
function deploymentUrl(scmUrl: string, location: string): string {
  const { pathname, search } = new URL(location || "/api/deployments/latest", scmUrl);
  return new URL(pathname + search, scmUrl).href;
}
