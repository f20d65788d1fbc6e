import type { App } from "./app";
import { ask } from "./ask";
import type { Wait } from "./wait";

interface LogEntry {
  message?: string;
  details_url?: string | null;
}

/**
 * The end of the platform's log for one deployment, details included: at most 3000 characters, "" when there is none.
 * Read when something failed, so it has one request's time of its own: the deadline may have passed.
 */
export async function deploymentLog(app: App, id: string, release: Wait): Promise<string> {
  const wait = { ...release, deadline: Date.now() + release.pace.request };
  // By id: `log_url` says …/latest/log, which answers 404 for early failures (projectkudu/kudu#2906).
  const entries = await readEntries(app, `/api/deployments/${encodeURIComponent(id)}/log`, wait);
  const lines: string[] = [];
  for (const entry of entries) {
    lines.push(entry.message ?? "");
    if (!entry.details_url) continue;
    const { pathname } = new URL(entry.details_url, app.scmUrl);
    for (const detail of await readEntries(app, pathname, wait)) lines.push(`  ${detail.message ?? ""}`);
  }
  return lines.join("\n").slice(-3000);
}

async function readEntries(app: App, path: string, wait: Wait): Promise<LogEntry[]> {
  const headers = { authorization: `Bearer ${wait.token}` };
  const answer = await ask(new URL(path, app.scmUrl).href, { headers }, wait.pace.request, wait);
  try {
    const entries = JSON.parse(answer.body);
    return answer.status === 200 && Array.isArray(entries) ? entries : [];
  } catch {
    return [];
  }
}
