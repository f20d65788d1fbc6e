import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { copyFile } from "node:fs/promises";
import path from "node:path";
import { canBuild, findOrBuildPulumiCli, findPulumiCli, type PulumiCli } from "../../local/pulumi-cli/pulumi-cli";
import { type EngineEvent, type Step, steps } from "./engine-events";
import type { EngineProject } from "./engine-project";

/** What a test on the engine says when it cannot run. In CI it has to, so there nothing is skipped and `Pulumi.open` fails. */
export const skipWithoutPulumi: string | false =
  findPulumiCli() || canBuild() || process.env.CI
    ? false
    : "neither pulumi nor go on this machine: install the Pulumi CLI, or Go, with which it is built";

export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** What `pulumi up` and the like did, or would do. */
export interface Operation {
  succeeded: boolean;
  /** Everything that did not stay as it was, in order. */
  steps: Step[];
  /** What Pulumi called an error. */
  errors: string[];
  warnings: string[];
  /** For the message of a failure. */
  said: string;
}

type Command = "preview" | "up" | "refresh" | "destroy";

const json = ["--json"];
const commands: Record<Command, string[]> = {
  preview: ["preview", ...json],
  up: ["up", "--yes", "--skip-preview", ...json],
  refresh: ["refresh", "--yes", "--skip-preview", ...json],
  destroy: ["destroy", "--yes", "--skip-preview", ...json],
};

/** Pulumi's command line in a project, with what a person would have exported for a cloud. */
export class Pulumi {
  private constructor(
    private readonly cli: PulumiCli,
    private readonly project: EngineProject,
    private readonly env: Record<string, string>,
  ) {}

  /** @param env what the cloud wants exported. @throws Error where there is no CLI and none can be built */
  static async open(project: EngineProject, env: Record<string, string> = {}): Promise<Pulumi> {
    const cli = await findOrBuildPulumiCli((line) => console.error(line));
    if (!cli) throw new Error("CI needs the Pulumi CLI, or Go");
    return new Pulumi(cli, project, env);
  }

  /** Any command, whatever its outcome. */
  async run(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
    const child = spawn(this.cli.pulumi, [...args, "--non-interactive", "--color", "never"], {
      cwd: this.project.folder,
      env: { ...this.environment(), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return outcome(child);
  }

  /** Resolves to what it printed. @throws Error with what it said */
  async succeed(args: string[], env?: Record<string, string>): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, env);
    if (code !== 0) throw new Error(`pulumi ${args[0]} ended with code ${code}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** A new stack with this configuration. */
  async stack(name: string, config: Record<string, string> = {}): Promise<PulumiStack> {
    await this.succeed(["stack", "init", name, "--no-select"]);
    return this.existing(name, config);
  }

  /** A stack that is there. */
  async existing(name: string, config: Record<string, string> = {}): Promise<PulumiStack> {
    const stack = new PulumiStack(this, name);
    await stack.set(config);
    return stack;
  }

  /** A copy of a stack's configuration, for `--config-file`; it goes away with the project. */
  async copyConfig(stack: string): Promise<string> {
    const file = path.join(this.project.home, `Pulumi.${stack}.${randomUUID()}.yaml`);
    await copyFile(path.join(this.project.folder, `Pulumi.${stack}.yaml`), file);
    return file;
  }

  private environment(): NodeJS.ProcessEnv {
    const own = Object.entries(process.env).filter(([name]) => !/^(PULUMI|ARM|AZURE)_/.test(name));
    return {
      ...Object.fromEntries(own),
      // The types were checked already; who runs the program the plain way says so.
      PULUMI_NODEJS_TRANSPILE_ONLY: "true",
      ...this.env,
      PATH: [...this.cli.path, process.env.PATH].join(path.delimiter),
      PULUMI_HOME: this.project.home,
      PULUMI_BACKEND_URL: `file://${this.project.state}`,
      PULUMI_CONFIG_PASSPHRASE: "a passphrase of the tests",
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      // Else `preview --json` prints another form than all the others.
      PULUMI_ENABLE_STREAMING_JSON_PREVIEW: "true",
    };
  }
}

/** One stack of a project. Its operations throw an Error with what Pulumi said when they fail. */
export class PulumiStack {
  constructor(
    readonly pulumi: Pulumi,
    readonly name: string,
  ) {}

  preview(...args: string[]): Promise<Step[]> {
    return this.succeed("preview", args);
  }

  up(...args: string[]): Promise<Step[]> {
    return this.succeed("up", args);
  }

  refresh(...args: string[]): Promise<Step[]> {
    return this.succeed("refresh", args);
  }

  destroy(...args: string[]): Promise<Step[]> {
    return this.succeed("destroy", args);
  }

  /** What `up` would do with this configuration instead, which does not stay. */
  async previewWith(config: Record<string, string>): Promise<Step[]> {
    const file = await this.pulumi.copyConfig(this.name);
    const pairs = Object.entries(config).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
    await this.pulumi.succeed(["config", "set-all", "--stack", this.name, "--config-file", file, ...pairs]);
    return this.preview("--config-file", file);
  }

  /** One that may fail. */
  async attempt(command: Command, args: string[] = []): Promise<Operation> {
    const { code, stdout, stderr } = await this.pulumi.run([...commands[command], "--stack", this.name, ...args]);
    const events = parse(stdout);
    const diagnostics = (severity: string) =>
      events.flatMap(({ diagnosticEvent }) =>
        diagnosticEvent?.severity === severity ? [diagnosticEvent.message.trim()] : [],
      );
    const errors = diagnostics("error");
    const plain = stdout.split("\n").filter((line) => !line.startsWith("{"));
    const said = [...errors, ...plain, stderr].join("\n").trim();
    return { succeeded: code === 0, steps: steps(events), errors, warnings: diagnostics("warning"), said };
  }

  async set(config: Record<string, string>): Promise<void> {
    const pairs = Object.entries(config).flatMap(([key, value]) => ["--plaintext", `${key}=${value}`]);
    if (pairs.length) await this.pulumi.succeed(["config", "set-all", "--stack", this.name, ...pairs]);
  }

  async unset(...keys: string[]): Promise<void> {
    await this.pulumi.succeed(["config", "rm-all", "--stack", this.name, ...keys]);
  }

  /** In clear. */
  async outputs(): Promise<Record<string, string>> {
    return JSON.parse(await this.pulumi.succeed(["stack", "output", "--json", "--show-secrets", "--stack", this.name]));
  }

  /** The state as text; secrets are encrypted unless it is told to show them. */
  export(...args: string[]): Promise<string> {
    return this.pulumi.succeed(["stack", "export", "--stack", this.name, ...args]);
  }

  private async succeed(command: Command, args: string[]): Promise<Step[]> {
    const { succeeded, steps, said } = await this.attempt(command, args);
    if (!succeeded) throw new Error(`pulumi ${command} of ${this.name} failed:\n${said}`);
    return steps;
  }
}

/** `--json` prints an event a line; whatever else there is is for people. */
function parse(stdout: string): EngineEvent[] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
}

function outcome(child: ChildProcess): Promise<Outcome> {
  let [stdout, stderr] = ["", ""];
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const endWithUs = () => child.kill();
  process.once("exit", endWithUs);
  return new Promise((resolve, reject) => {
    child.once("error", reject).once("close", (code) => {
      process.off("exit", endWithUs);
      resolve({ code, stdout, stderr });
    });
  });
}
