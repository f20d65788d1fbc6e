import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { findOnPath } from "../../local/pulumi-cli/on-path";
import { canBuild, findOrBuildPulumiCli, findPulumiCli } from "../../local/pulumi-cli/pulumi-cli";
import { ServedCloud, type ServedCloudOptions } from "../../local/served-cloud";
import type { AzOnLocalCloud } from "./az";
import type { GitHub } from "./gh";
import { type JobOutcome, JobRun } from "./job-run";
import { readWorkflow, root } from "./workflow";

const missing = [
  findPulumiCli() || canBuild() ? undefined : "pulumi (or go, to build it)",
  ...["bash", "jq", "git"].map((tool) => (findOnPath(tool) ? undefined : tool)),
].filter(Boolean);

/** What these tests say when they cannot run. In CI they have to, so there nothing is skipped and they fail. */
export const skipWithoutTools: string | false =
  missing.length === 0 || process.env.CI ? false : `missing on this machine: ${missing.join(", ")}`;

/** GitHub's machines on this one: jobs of the workflows run with the local cloud as their Azure. */
export class LocalGitHub {
  /** Whether the identity of the jobs may purge vaults. */
  mayPurge = true;
  /** The variable ENVIRONMENT_DAYS. */
  days = "";
  /** What the job `look` of the workflow `drift` found. */
  drifted = "";
  secrets = { PULUMI_CONFIG_PASSPHRASE: "a passphrase of the tests" };
  /** What STACK_CONFIG has beside what the local cloud needs. */
  config: Record<string, unknown> = {};
  private readonly place = mkdtempSync(path.join(tmpdir(), "github-"));

  private constructor(
    readonly served: ServedCloud,
    private readonly cliPath: string[],
    private readonly token: string,
  ) {
    for (const folder of ["home", "state", "artifacts"]) mkdirSync(path.join(this.place, folder));
    this.gitHub = { pulls: [], comments: [] };
    const node = `exec ${process.execPath} -r ${require.resolve("tsx/cjs")}`;
    const packages = path.join(root, "node_modules");
    const cache = ".cache/infra";
    const links = `mkdir -p node_modules/${cache} && ln -s ${packages}/* node_modules/
ln -s ${packages}/${cache}/webchat-* node_modules/${cache}/`;
    this.tool("azure/login", "az", `${node} ${path.join(__dirname, "az.ts")} "$@"`);
    this.tool("machine", "gh", `${node} ${path.join(__dirname, "gh.ts")} "$@"`);
    // The lock file's packages are here already, and Web Chat, which is named by its content; whatever else npm is asked for it does itself.
    this.tool("actions/setup-node", "npm", `[ "$*" = ci ] || exec ${findOnPath("npm")} "$@"\n${links}`);
  }

  static async open(options: Partial<ServedCloudOptions> = {}): Promise<LocalGitHub> {
    const cli = await findOrBuildPulumiCli((line) => console.error(line));
    if (!cli) throw new Error("CI needs the Pulumi CLI, or Go");
    const served = await ServedCloud.open({ apps: "stand-in", log: () => {}, ...options });
    const { token } = await served.cloud.entra.issue(served.cloud.operator, "https://management.azure.com");
    return new LocalGitHub(served, cli.path, token);
  }

  get gitHub(): GitHub {
    return JSON.parse(readFileSync(this.file("github.json"), "utf8"));
  }

  set gitHub(gitHub: GitHub) {
    writeFileSync(this.file("github.json"), JSON.stringify(gitHub));
  }

  /** Where a job finds this file of an artifact. */
  artifact(name: string, file: string): string {
    const full = this.file(`artifacts/${name}/${file}`);
    mkdirSync(path.dirname(full), { recursive: true });
    return full;
  }

  /** Names of the stacks that the backend knows. */
  get stacks(): string[] {
    const files = readdirSync(this.file("state/.pulumi"), { recursive: true, encoding: "utf8" });
    return files.flatMap((file) => /^stacks\/[^/]+\/([^/]+)\.json$/.exec(file)?.[1] ?? []).sort();
  }

  /** The backend forgets all of them. */
  loseStacks(): void {
    rmSync(this.file("state/.pulumi/stacks"), { recursive: true });
  }

  /**
   * A job for a pull request. Nothing runs before `run`.
   * @param name `environment.yml up`
   * @param number of the pull request; nothing: for all
   */
  job(name: string, number: string | number = ""): JobRun {
    const [file = "", id = ""] = name.split(" ");
    const job = readWorkflow(file).jobs[id];
    if (!job) throw new Error(`There is no job ${name}`);
    const { cloud, arm, env, config } = this.served;
    const az: AzOnLocalCloud = {
      arm,
      ca: cloud.certificates.ca,
      token: this.token,
      subscription: cloud.subscriptionId,
      mayPurge: this.mayPurge,
    };
    return new JobRun(job, {
      env: {
        ...env,
        // Nothing of this machine's own: what a job has, an action brings.
        PATH: [
          path.join(this.place, "machine"),
          path.dirname(process.execPath),
          "/usr/local/bin",
          "/usr/bin",
          "/bin",
        ].join(path.delimiter),
        HOME: homedir(),
        PULUMI_HOME: this.file("home"),
        PULUMI_NODEJS_TRANSPILE_ONLY: "true", // the types were checked already
        GITHUB_REPOSITORY: "someone/proactive-bot",
        GITHUB_SERVER_URL: "https://github.com",
        GITHUB_RUN_ID: "1",
        AZ_ON_LOCAL_CLOUD: JSON.stringify(az),
        GH_ON_FILE: this.file("github.json"),
      },
      conditions: { "startsWith(vars.PULUMI_BACKEND_URL, 'azblob:')": false },
      artifacts: this.file("artifacts"),
      actions: {
        "actions/setup-node": [this.file("actions/setup-node")],
        "pulumi/actions": this.cliPath,
        "azure/login": [this.file("azure/login")],
      },
      expressions: {
        "github.event.pull_request.number": String(number),
        "matrix.number": String(number),
        "inputs.number": String(number),
        "github.token": "token",
        "needs.compare.outputs.drifted": this.drifted,
        "vars.AZURE_CLIENT_ID": "client",
        "vars.AZURE_TENANT_ID": "tenant",
        "vars.AZURE_SUBSCRIPTION_ID": cloud.subscriptionId,
        // Without the attributes beside the state, which a killed process leaves unreadable: no backend in a cloud has them.
        "vars.PULUMI_BACKEND_URL": `file://${this.file("state")}?metadata=skip`,
        "vars.STACK_CONFIG": JSON.stringify({ ...config, ...this.config }),
        "vars.ENVIRONMENT_DAYS": this.days,
        "secrets.PULUMI_ACCESS_TOKEN": "",
        "secrets.PULUMI_CONFIG_PASSPHRASE": this.secrets.PULUMI_CONFIG_PASSPHRASE,
      },
    });
  }

  /** @throws Error with what the job said when it fails */
  async run(name: string, number?: string | number): Promise<JobOutcome> {
    const outcome = await this.job(name, number).run();
    if (!outcome.succeeded) throw new Error(`${name} for ${number} failed:\n${outcome.said}`);
    return outcome;
  }

  async close(): Promise<void> {
    await this.served.close();
    rmSync(this.place, { recursive: true, force: true, maxRetries: 3 });
  }

  private file(name: string): string {
    return path.join(this.place, name);
  }

  private tool(action: string, name: string, shell: string): void {
    const folder = this.file(action);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, name), `#!/bin/sh\n${shell}\n`);
    chmodSync(path.join(folder, name), 0o755);
  }
}
