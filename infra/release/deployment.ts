import type { App } from "./app";
import { type Answer, ask, cutShort, describe, lastly, mayPass } from "./ask";
import { deploymentLog } from "./deployment-log";
import { hintFor } from "./hint";
import { pauseToPoll, secondsSince, timeLeft, type Wait } from "./wait";

/** The SCM site's own account of a deployment (Kudu's DeployResult). Status: 0-2 = on its way, 3 = failed, 4 = succeeded. */
interface Deployment {
  id?: string;
  status?: number;
  status_text?: string;
  message?: string;
  progress?: string;
  complete?: boolean;
}

/** `interrupted`: the SCM site restarted under the deployment, which must be pushed again. */
export interface Outcome {
  interrupted: boolean;
  /** For the log; "" when unknown. */
  id: string;
}

/**
 * Polls until the platform says that the zip is in place.
 * @throws with the platform's deployment log when it failed, or when the time is up.
 */
export async function awaitDeployment(app: App, url: string, wait: Wait): Promise<Outcome> {
  const headers = { authorization: `Bearer ${wait.token}` };
  let last = "";
  let id = "";
  while (timeLeft(wait) > 0) {
    wait.goal = `the platform to finish the deployment${lastly(last)}`;
    const answer = await ask(url, { headers }, wait.pace.request, wait);
    if (last && cutShort(answer, wait)) break;
    const deployment = parseDeployment(answer);
    if (deployment) {
      id = deployment.id ?? id;
      if (deployment.status === 3) return interruptedOrThrow(app, deployment, wait);
      if (deployment.status === 4 || deployment.complete) return { interrupted: false, id };
      last = deployment.progress || deployment.status_text || `status ${deployment.status}`;
    } else {
      last = describe(answer);
      if (!mayPass(answer.status) && answer.status !== 200)
        throw new Error(`${app.site}: ${url} answers ${last}\n${hintFor("push")}`);
    }
    await pauseToPoll(wait, answer.retryAfter);
  }
  const log = await deploymentLog(app, id || "latest", wait);
  throw new Error(
    `${app.site}: the deployment was not finished within ${secondsSince(wait)} s.\n` +
      `Last answer of ${url}: ${last || "nothing yet"}\n` +
      `Deployment log (end):\n${log || "(empty)"}\n${hintFor("deployment")}`,
  );
}

/** Kudu stops a deployment when a management operation restarts its container: common right after the app was made. */
async function interruptedOrThrow(app: App, deployment: Deployment, wait: Wait): Promise<Outcome> {
  const id = deployment.id ?? "latest";
  const said = deployment.status_text || deployment.message || "no reason given";
  if (/container restart/i.test(said)) {
    console.log(`${app.site}: the SCM site restarted during the deployment, pushing again`);
    await pauseToPoll(wait, wait.pace.backOff);
    return { interrupted: true, id };
  }
  const log = await deploymentLog(app, id, wait);
  throw new Error(
    `${app.site}: the deployment failed: ${said.slice(0, 300)}\n` +
      `Deployment log (end):\n${log || "(empty)"}\n${hintFor("deployment")}`,
  );
}

function parseDeployment(answer: Answer): Deployment | undefined {
  if (answer.status !== 200 && answer.status !== 202) return undefined;
  try {
    return JSON.parse(answer.body) ?? undefined;
  } catch {
    return undefined;
  }
}
