import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { copyCheckout } from "../harness/engine-project";
import { actionSteps, type WorkflowJob, type WorkflowStep } from "./workflow";

/** What a job finds on GitHub's machine, and what it is told there. */
export interface JobContext {
  /** Values of the expressions in `env:`, such as `github.event.pull_request.number`. One that is missing is refused. */
  expressions: Record<string, string>;
  /** Environment of every step: what the machine has, and what stands for it here. */
  env: Record<string, string>;
  /** Whether a step runs that has such an `if:`. One that is missing is refused. */
  conditions: Record<string, boolean>;
  /** Folders that an action puts in front of PATH, by the action's name: `azure/login`. An action that is missing is refused. */
  actions: Record<string, string[]>;
  /** Where artifacts are kept between jobs. */
  artifacts: string;
}

export interface JobOutcome {
  succeeded: boolean;
  /** What all steps printed. */
  said: string;
  /** By `<step id>.<output>` */
  outputs: Record<string, string>;
  /** The run's summary, in Markdown. */
  summary: string;
}

/** A job of a workflow that runs on this machine: the shell of its steps, in a checkout of its own. */
export class JobRun {
  private readonly place = mkdtempSync(path.join(tmpdir(), "job-"));
  private readonly folder = path.join(this.place, "checkout");
  private readonly path: string[] = [];
  private readonly outputs: Record<string, string> = {};
  private said = "";
  private running?: number;

  constructor(
    private readonly job: WorkflowJob,
    private readonly context: JobContext,
  ) {
    mkdirSync(this.folder);
  }

  /** Runs the steps until one fails, and removes the checkout. */
  async run(): Promise<JobOutcome> {
    const killUs = () => this.kill();
    process.once("exit", killUs);
    try {
      const succeeded = await this.steps(this.job.steps);
      const summary = this.read("summary");
      return { succeeded, said: this.said, outputs: this.outputs, summary };
    } finally {
      process.off("exit", killUs);
      rmSync(this.place, { recursive: true, force: true, maxRetries: 3 });
    }
  }

  /** The machine is gone: every process of the running step ends at once and cleans nothing up. */
  kill(): void {
    if (this.running) process.kill(-this.running, "SIGKILL");
  }

  private async steps(steps: WorkflowStep[]): Promise<boolean> {
    let succeeded = true;
    for (const step of steps) {
      if (!this.runs(step, succeeded)) continue;
      succeeded = (step.uses ? await this.use(step.uses, step) : await this.shell(step)) && succeeded;
    }
    return succeeded;
  }

  private runs({ if: condition }: WorkflowStep, succeeded: boolean): boolean {
    if (condition === "success() || failure()") return true;
    if (!succeeded || condition === undefined) return succeeded;
    const known = this.context.conditions[condition];
    if (known === undefined) throw new Error(`The test does not say whether ${condition}.`);
    return known;
  }

  private async use(uses: string, { with: inputs = {} }: WorkflowStep): Promise<boolean> {
    if (uses.startsWith("./")) return this.steps(actionSteps(uses));
    const action = uses.replace(/@.*/, "");
    const artifact = path.join(this.context.artifacts, String(inputs.name));
    if (action === "actions/checkout") copyCheckout(this.folder);
    else if (action === "actions/upload-artifact") this.upload(String(inputs.path), artifact);
    else if (action === "actions/download-artifact") this.download(artifact, String(inputs.path ?? "."));
    else if (!this.context.actions[action]) throw new Error(`Nothing stands for the action ${action} here.`);
    else this.path.unshift(...this.context.actions[action]);
    return true;
  }

  private upload(file: string, artifact: string): void {
    rmSync(artifact, { recursive: true, force: true });
    const made = path.join(this.folder, file);
    if (existsSync(made)) cpSync(made, path.join(artifact, file));
  }

  private download(artifact: string, folder: string): void {
    cpSync(artifact, path.join(this.folder, folder), { recursive: true });
  }

  /** As the runner does it: the text in a file of its own, for bash. */
  private async shell({ run, id, env = {} }: WorkflowStep): Promise<boolean> {
    const [script, output, summary] = ["step.sh", "output", "summary"].map((file) => path.join(this.place, file));
    if (!script || !output || !summary) throw new Error("unreachable");
    writeFileSync(script, run ?? "");
    writeFileSync(output, "");
    const child = spawn("bash", ["--noprofile", "--norc", "-eo", "pipefail", script], {
      cwd: this.folder,
      detached: true, // a group of its own, which can be killed as a whole
      env: {
        ...this.context.env,
        ...this.evaluated(env),
        PATH: [...this.path, this.context.env.PATH].join(path.delimiter),
        GITHUB_OUTPUT: output,
        GITHUB_STEP_SUMMARY: summary,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.running = child.pid;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        this.said += text;
      });
    }
    const code = await new Promise((resolve, reject) => child.once("error", reject).once("close", resolve));
    this.running = undefined;
    for (const line of id ? this.read("output").split("\n").filter(Boolean) : []) {
      const [name, ...value] = line.split("=");
      this.outputs[`${id}.${name}`] = value.join("=");
    }
    return code === 0;
  }

  private evaluated(env: Record<string, unknown>): Record<string, string> {
    const value = (text: string) =>
      text.replace(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => {
        const known = this.context.expressions[expression];
        if (known === undefined) throw new Error(`The test does not say what ${expression} is.`);
        return known;
      });
    return Object.fromEntries(Object.entries(env).map(([name, text]) => [name, value(String(text))]));
  }

  private read(file: string): string {
    const full = path.join(this.place, file);
    return existsSync(full) ? readFileSync(full, "utf8") : "";
  }
}
