import type { App } from "./app";
import { type Answer, ask, cutShort, describe, lastly } from "./ask";
import { deploymentLog } from "./deployment-log";
import { hintFor } from "./hint";
import { pauseToPoll, secondsSince, timeLeft, type Wait } from "./wait";

/**
 * Waits until the version that answers is this one, then until it says that it can work.
 * @throws when the time is up, with the app's last answer and the platform's deployment log.
 */
export async function waitUntilLive(app: App, deploymentId: string, wait: Wait): Promise<void> {
  await waitForVersion(app, deploymentId, wait);
  await waitForReady(app, wait);
}

async function waitForVersion(app: App, deploymentId: string, wait: Wait): Promise<void> {
  const url = new URL("/healthz", app.appUrl).href;
  let last = "";
  let other = "";
  while (timeLeft(wait) > 0) {
    wait.goal = `version ${short(app.version)} to answer on /healthz${lastly(last)}`;
    const answer = await ask(url, {}, wait.pace.request, wait);
    if (last && cutShort(answer, wait)) break;
    const version = versionOf(answer);
    if (version === app.version) return;
    other = version;
    last = describe(answer);
    await pauseToPoll(wait, answer.retryAfter);
  }
  const log = deploymentId ? await deploymentLog(app, deploymentId, wait) : "";
  throw new Error(
    `${app.site}: version ${short(app.version)} did not answer within ${secondsSince(wait)} s.\n` +
      (other ? `Another version answers (${short(other)}): the zip was deployed, but does not run.\n` : "") +
      `Last answer of ${url}: ${last || "nothing yet"}\n` +
      (log ? `Deployment log (end):\n${log}\n` : "") +
      hintFor("health"),
  );
}

async function waitForReady(app: App, wait: Wait): Promise<void> {
  const url = new URL("/readyz", app.appUrl).href;
  let last = "";
  while (timeLeft(wait) > 0) {
    wait.goal = `/readyz to answer 200${lastly(last)}`;
    const answer = await ask(url, {}, wait.pace.request, wait);
    if (answer.status === 200) return;
    if (last && cutShort(answer, wait)) break;
    last = describe(answer);
    await pauseToPoll(wait, answer.retryAfter);
  }
  throw new Error(
    `${app.site}: version ${short(app.version)} runs, but was not ready within ${secondsSince(wait)} s.\n` +
      `Last answer of ${url}: ${last || "nothing yet"}\n${hintFor("ready")}`,
  );
}

/** The version in a good answer, else "". */
function versionOf(answer: Answer): string {
  try {
    return answer.status === 200 ? String(JSON.parse(answer.body).version ?? "") : "";
  } catch {
    return "";
  }
}

function short(version: string): string {
  return version.slice(0, 12);
}
