import type { App } from "./app";
import { type Answer, ask, describe, mayPass } from "./ask";
import { deploymentLog } from "./deployment-log";
import { poll } from "./poll";
import { pushHint } from "./push";
import { pause, secondsSince, type Wait } from "./wait";

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

const deploymentHint =
  "What to do: read the deployment log above (Azure portal: the app, Deployment Center, Logs); then run `pulumi up` again.";

/**
 * Polls until the platform says that the zip is in place.
 * @throws with the platform's deployment log when it failed, or when the time is up.
 */
export function awaitDeployment(app: App, url: string, wait: Wait): Promise<Outcome> {
  const headers = { authorization: `Bearer ${wait.token}` };
  let id = "";
  return poll<Outcome>(wait, {
    name: "the platform to finish the deployment",
    ask: () => ask(url, { headers }, wait.pace.request, wait),
    judge(answer) {
      const deployment = parseDeployment(answer);
      id = deployment?.id ?? id;
      if (deployment?.status === 3) return interruptedOrThrow(app, deployment, wait);
      if (deployment?.status === 4 || deployment?.complete) return { interrupted: false, id };
      if (!deployment && !mayPass(answer.status) && answer.status !== 200)
        throw new Error(`${app.site}: ${url} answers ${describe(answer)}\n${pushHint}`);
      return undefined;
    },
    progress(answer) {
      const deployment = parseDeployment(answer);
      if (!deployment) return describe(answer);
      return deployment.progress || deployment.status_text || `status ${deployment.status}`;
    },
    async timeUp(last) {
      const log = await deploymentLog(app, id || "latest", wait);
      return (
        `${app.site}: the deployment was not finished within ${secondsSince(wait)} s.\n` +
        `Last answer of ${url}: ${last}\nDeployment log (end):\n${log || "(empty)"}\n${deploymentHint}`
      );
    },
  });
}

/** Kudu stops a deployment when a management operation restarts its container: common right after the app was made. */
async function interruptedOrThrow(app: App, deployment: Deployment, wait: Wait): Promise<Outcome> {
  const id = deployment.id ?? "latest";
  const said = deployment.status_text || deployment.message || "no reason given";
  if (/container restart/i.test(said)) {
    console.log(`${app.site}: the SCM site restarted during the deployment, pushing again`);
    await pause(wait, wait.pace.backOff);
    return { interrupted: true, id };
  }
  const log = await deploymentLog(app, id, wait);
  throw new Error(
    `${app.site}: the deployment failed: ${said.slice(0, 300)}\n` +
      `Deployment log (end):\n${log || "(empty)"}\n${deploymentHint}`,
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
