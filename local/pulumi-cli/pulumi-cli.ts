import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";
import path from "node:path";
import { buildGoTool, type GoTool, goToolPath, type Log } from "./go-tool";
import { findOnPath, isExecutable } from "./on-path";

/** The version that is built here and that the workflows install. */
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

/** The last version of the SDK's module that contains the language host. The CLI's releases take it from another module. */
const languageHost: GoTool = {
  command: "github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs",
  module: "github.com/pulumi/pulumi/sdk/v3",
  version: "v3.68.0",
  folder,
  takes: "about half a minute",
};

/** An installed Pulumi CLI. */
export interface PulumiCli {
  /** Path of the program. */
  pulumi: string;
  /** Folders to prepend to PATH, so that the CLI finds the Node.js language host and the plugin for dynamic resources. */
  path: string[];
  /** Whether the CLI was built here. False: it was found on PATH. */
  built: boolean;
}

/** The CLI on PATH, or the one that was built earlier. */
export function findPulumiCli(): PulumiCli | undefined {
  const installed = findOnPath("pulumi");
  if (installed) return toPulumiCli(installed, false);
  return [cli, languageHost].every((tool) => isExecutable(goToolPath(tool)))
    ? toPulumiCli(goToolPath(cli), true)
    : undefined;
}

/** The existing CLI, or a new one, built from Go modules. Undefined without Pulumi and Go. @throws Error when the build fails */
export async function findOrBuildPulumiCli(log: Log): Promise<PulumiCli | undefined> {
  const found = findPulumiCli();
  if (found) return found;
  if (!canBuild()) return undefined;
  await buildGoTool(languageHost, log);
  return toPulumiCli(await buildGoTool(cli, log), true);
}

export function canBuild(): boolean {
  return findOnPath("go") !== undefined;
}

/** Whether the CLI will find the Node.js language host. */
export function hasLanguageHost({ path: folders }: PulumiCli): boolean {
  return findOnPath("pulumi-language-nodejs", [...folders, process.env.PATH].join(path.delimiter)) !== undefined;
}

/** `v3.259.0` */
export function versionOf({ pulumi }: PulumiCli): string {
  const env = { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" };
  return execFileSync(pulumi, ["version"], { encoding: "utf8", env }).trim();
}

function toPulumiCli(pulumi: string, built: boolean): PulumiCli {
  // The npm package contains the plugin for dynamic resources. The plugin of an installed CLI is next to it and takes precedence.
  const dynamicResources = path.dirname(require.resolve("@pulumi/pulumi/package.json"));
  const beside = [pulumi, realpathSync(pulumi)].map((file) => path.dirname(file)); // installers often create a symbolic link
  return { pulumi, path: [...new Set(beside), dynamicResources], built };
}
