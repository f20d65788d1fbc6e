import { readFileSync } from "node:fs";
import path from "node:path";

/** Milliseconds for which an answer to `/readyz` is kept: its callers need no password. */
const answerLifetime = 5_000;

/** The HTTP answer of a health endpoint; the body is sent as JSON. */
export interface HealthAnswer {
  status: number;
  body: Record<string, string>;
}

/** The answer of `/healthz`: the process runs this version. The package step puts `version.txt` beside the bundled app. */
export function liveness(): HealthAnswer {
  const version = readFileSync(path.join(__dirname, "version.txt"), "utf8").trim();
  return { status: 200, body: { status: "ok", version } };
}

/** The answer of `/readyz`: whether this app reaches everything it needs. It checks at most once in five seconds. */
export class Readiness {
  private checkedAt = 0;
  private isReady: Promise<boolean> = Promise.resolve(false);

  /** @param checks each rejects when the app cannot reach something; `report` gets each of these errors */
  constructor(
    private readonly checks: (() => Promise<unknown>)[],
    private readonly report: (error: unknown) => void,
  ) {}

  async answer(): Promise<HealthAnswer> {
    if (Date.now() - this.checkedAt > answerLifetime) {
      this.checkedAt = Date.now();
      this.isReady = this.check();
    }
    return (await this.isReady)
      ? { status: 200, body: { status: "ready" } }
      : { status: 503, body: { status: "not ready" } };
  }

  private async check(): Promise<boolean> {
    const results = await Promise.allSettled(this.checks.map((check) => check()));
    const failures = results.filter((result) => result.status === "rejected");
    for (const { reason } of failures) this.report(reason);
    return failures.length === 0;
  }
}
