import type { App } from "./app";
import { type Answer, ask, cutShort, describe, lastly, mayPass } from "./ask";
import { hintFor } from "./hint";
import { pause, secondsSince, timeLeft, type Wait } from "./wait";

/** OneDeploy for the web app; zip push for a function app on a dedicated plan. Both answer 202 and go on by themselves. */
const pushPath = {
  web: "/api/publish?type=zip&async=true",
  function: "/api/zipdeploy?isAsync=true",
};

/**
 * Uploads the zip until the SCM site accepts it, and returns the URL to poll for the deployment.
 * @throws when the SCM site refuses for good, or the time is up.
 */
export async function push(app: App, zip: Uint8Array<ArrayBuffer>, wait: Wait): Promise<string> {
  const url = new URL(pushPath[app.kind], app.scmUrl).href;
  let delay = wait.pace.backOff;
  let last = "";
  while (timeLeft(wait) > 0) {
    wait.goal = `the SCM site to accept the zip${lastly(last)}`;
    const answer = await upload(app, url, zip, wait);
    if (answer.status >= 200 && answer.status < 300) return deploymentUrl(app, answer.location);
    if (last && cutShort(answer, wait)) break;
    last = describe(answer);
    if (!mayBeAccepted(answer, wait))
      throw new Error(`${app.site}: ${url} refused the zip: ${last}\n${hintFor("push")}`);
    console.log(`${app.site}: zip not accepted yet: ${last.slice(0, 120)}`);
    await pause(wait, Math.max(delay, answer.retryAfter));
    delay = Math.min(delay * 2, wait.pace.maxBackOff);
  }
  throw new Error(
    `${app.site}: ${url} did not accept the zip within ${secondsSince(wait)} s.\nLast answer: ${last || "nothing was sent"}\n${hintFor("push")}`,
  );
}

/** One attempt, with one token after the other while they are refused with 401; the last one used is for what follows. */
async function upload(
  app: App,
  url: string,
  zip: Uint8Array<ArrayBuffer>,
  wait: Wait,
  [token = "", ...others] = app.tokens,
): Promise<Answer> {
  wait.token = token;
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/zip" };
  const answer = await ask(url, { method: "POST", headers, body: zip }, wait.pace.upload, wait);
  // 403 is no reason for another token: this one is known, and its role may still be on its way.
  const another = answer.status === 401 && others.length > 0 && timeLeft(wait) > 0;
  return another ? upload(app, url, zip, wait, others) : answer;
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
