import { type Answer, describe, isTransient, json, poll, send } from "./poll";
import { pushHint } from "./push";
import { elapsed, pause, type Run } from "./run";

/** A deployment as the SCM site reports it (Kudu's DeployResult). Status: 0-2 = on its way, 3 = failed, 4 = succeeded. */
interface Deployment {
  id?: string;
  status?: number;
  status_text?: string;
  message?: string;
  progress?: string;
  complete?: boolean;
}

const deploymentHint =
  "Read the deployment log above (Azure portal: the app, Deployment Center, Logs); then run `pulumi up` again.";

/**
 * Polls until the platform says that the zip is in place. Returns the deployment's id, "" when unknown; or null when the
 * SCM site restarted during the deployment: then the zip must be pushed again.
 * @throws with the platform's deployment log when the deployment failed, or at the deadline
 */
export function waitForDeployment(run: Run, url: string): Promise<string | null> {
  const { site } = run.app;
  let id = "";
  return poll<string | null>(run, {
    name: "the platform to finish the deployment",
    send: () => send(run, { url, token: run.token }),
    check(answer) {
      const deployment = deploymentIn(answer);
      id = deployment?.id ?? id;
      if (deployment?.status === 3) return nullIfInterrupted(run, deployment);
      if (deployment?.status === 4 || deployment?.complete) return id;
      if (!deployment && !isTransient(answer) && answer.status !== 200)
        throw new Error(`${site}: ${url} answers ${describe(answer)}\n${pushHint}`);
      return undefined;
    },
    progress(answer) {
      const deployment = deploymentIn(answer);
      if (!deployment) return describe(answer);
      return deployment.progress || deployment.status_text || `status ${deployment.status}`;
    },
    timeoutMessage: async (last) =>
      `${site}: the deployment was not finished within ${elapsed(run)}.\nLast answer of ${url}: ${last}\n` +
      `${await logSection(run, id)}${deploymentHint}`,
  });
}

/** @throws when it failed. Kudu stops a deployment when a management operation restarts its container: common right after the app was made. */
async function nullIfInterrupted(run: Run, { id, status_text, message }: Deployment): Promise<null> {
  const { site } = run.app;
  const reason = status_text || message || "no reason given";
  if (!/container restart/i.test(reason)) {
    const log = await logSection(run, id);
    throw new Error(`${site}: the deployment failed: ${reason.slice(0, 300)}\n${log}${deploymentHint}`);
  }
  console.log(`${site}: the SCM site restarted during the deployment, pushing again`);
  await pause(run, run.pace.backOff);
  return null;
}

function deploymentIn(answer: Answer): Deployment | undefined {
  return answer.status === 200 || answer.status === 202 ? json(answer) : undefined;
}

/** The end of a deployment's log as a section of an error's message. */
async function logSection(run: Run, id?: string): Promise<string> {
  return `Deployment log (end):\n${(await deploymentLog(run, id || "latest")) || "(empty)"}\n`;
}

interface LogEntry {
  message?: string;
  details_url?: string | null;
}

/**
 * The end of the platform's log for one deployment, details included: at most 3000 characters, "" where the platform has none.
 * Read after a failure, so it has one request's time of its own: the deadline may have passed.
 */
export async function deploymentLog(run: Run, id: string): Promise<string> {
  const ownTime = { ...run, deadline: Date.now() + run.pace.request };
  // By id: `log_url` says …/latest/log, which answers 404 for early failures (projectkudu/kudu#2906).
  const lines: string[] = [];
  for (const entry of await readLog(ownTime, `/api/deployments/${encodeURIComponent(id)}/log`)) {
    lines.push(entry.message ?? "");
    if (!entry.details_url) continue;
    const { pathname } = new URL(entry.details_url, run.app.scmUrl);
    for (const detail of await readLog(ownTime, pathname)) lines.push(`  ${detail.message ?? ""}`);
  }
  return lines.join("\n").slice(-3000);
}

async function readLog(run: Run, path: string): Promise<LogEntry[]> {
  const answer = await send(run, { url: new URL(path, run.app.scmUrl).href, token: run.token });
  const entries = answer.status === 200 ? json(answer) : [];
  return Array.isArray(entries) ? entries : [];
}
