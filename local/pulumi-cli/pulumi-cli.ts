import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";
import path from "node:path";
import { type GoTool, goTool, goToolFile, type Say } from "./go-tool";
import { isExecutable, onPath } from "./on-path";

/** What is built here, and what the workflows install. */
export const version = "v3.259.0";
const folder = `pulumi-${version}`;

const cli: GoTool = {
  command: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
  module: "github.com/pulumi/pulumi/pkg/v3",
  version,
  folder,
  replace: { "github.com/atotto/clipboard": "github.com/tgummerer/clipboard v0.0.0-20241001131231-d02d263e614e" },
  ldflags: `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=${version}`,
  takes: "about five minutes",
};

/** The last version of the SDK's module that holds the host; the CLI's releases bring one from elsewhere. */
const languageHost: GoTool = {
  command: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
  module: "github.com/pulumi/pulumi/sdk/v3",
  version: "v3.68.0",
  folder,
  takes: "about half a minute",
};

/** Pulumi's command line on this machine. */
export interface PulumiCli {
  /** The program. */
  pulumi: string;
  /** Folders that belong in front of PATH, so that it finds what runs programs and dynamic resources of Node. */
  path: string[];
  /** Whether it was built here, and not found on PATH. */
  built: boolean;
}

/** What is there already: on PATH, else built earlier. */
export function findPulumiCli(): PulumiCli | undefined {
  const installed = onPath("pulumi");
  if (installed) return described(installed, false);
  return [cli, languageHost].every((tool) => isExecutable(goToolFile(tool)))
    ? described(goToolFile(cli), true)
    : undefined;
}

/** What is there, else built from Go modules; undefined where there is neither Pulumi nor Go. @throws Error why it cannot be built */
export async function pulumiCli(say: Say): Promise<PulumiCli | undefined> {
  const found = findPulumiCli();
  if (found) return found;
  if (!canBuild()) return undefined;
  await goTool(languageHost, say);
  return described(await goTool(cli, say), true);
}

export function canBuild(): boolean {
  return onPath("go") !== undefined;
}

/** Whether the CLI will find the host that runs Node programs. */
export function hasLanguageHost({ path: folders }: PulumiCli): boolean {
  return onPath("pulumi-language-nodejs", [...folders, process.env.PATH].join(path.delimiter)) !== undefined;
}

/** `v3.259.0` */
export function versionOf({ pulumi }: PulumiCli): string {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  return execFileSync(pulumi, ["version"], { encoding: "utf8", env }).trim();
}

function described(pulumi: string, built: boolean): PulumiCli {
  // The package brings the plugin for dynamic resources; an installed CLI has its own beside it, which comes first.
  const dynamicResources = path.dirname(require.resolve("@pulumi/pulumi/package.json"));
  const beside = [pulumi, realpathSync(pulumi)].map((file) => path.dirname(file)); // installers like to link it
  return { pulumi, path: [...new Set(beside), dynamicResources], built };
}
