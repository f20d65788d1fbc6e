import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { CommandError, UsageError } from "../errors";
import { type Report, runWithOutputs } from "../run-command";
import type { Stack } from "../stack/stack";
import { packTeamsApp, type TeamsApp, teamsFolder } from "../teams-app";
import type { TeamsAppValues } from "../teams-manifest";

const defaultFile = "build/teams-app.zip";
/** The developer's name in the template's manifest. */
const templateDeveloper = "Your organisation";

const notes = `
The package has the manifest and the icons of the folder teams/. The stack's outputs fill the manifest's placeholders. The
command needs no login in Azure.

Examples:
  npm run cli -- teams
  npm run cli -- teams --stack prod --out prod.zip
  npm run cli -- teams --app-version 1.2.0
`;

interface TeamsOptions {
  out: string;
  appVersion?: string;
}

export function addTeams(program: Command): void {
  program
    .command("teams")
    .description("Make the app package that installs the bot in Microsoft Teams")
    .option("--out <FILE>", "File to write", defaultFile)
    .option("--app-version <VERSION>", "Version such as 1.2.0; the default is made of the time, and so always rises")
    .addHelpText("after", notes)
    .action(async (options: TeamsOptions, command: Command) => {
      checkOptions(options);
      await runWithOutputs(command, (stack) => teams(stack, options));
    });
}

function checkOptions({ out, appVersion }: TeamsOptions): void {
  if (!out) throw new UsageError("--out is empty. Give the path of a file.");
  if (appVersion !== undefined && !/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(appVersion))
    throw new UsageError(`--app-version is "${appVersion}". It must be three numbers such as 1.2.0.`);
}

async function teams(stack: Stack, { out, appVersion = versionAt(new Date()) }: TeamsOptions): Promise<Report> {
  const app = await packTeamsApp({ ...valuesOf(stack), appVersion });
  const file = path.resolve(out);
  await write(file, app.zip);
  const { id, version } = app.manifest;
  return { text: textOf(stack, app, file), data: { file, id, version } };
}

/** `1.20261127.1545` for 15:45 on that day, UTC: later versions are higher, as Teams wants of an update. */
export function versionAt(time: Date): string {
  const [day = "", clock = ""] = time.toISOString().split("T");
  return `1.${day.replaceAll("-", "")}.${Number(clock.slice(0, 5).replace(":", ""))}`;
}

/** @throws CommandError for a stack of an older version, or without Teams */
export function valuesOf({ name, isLocal, outputs }: Stack): Omit<TeamsAppValues, "appVersion"> {
  const { botAppId, botDisplayName, botEndpoint, teams } = outputs;
  if (typeof botAppId !== "string" || typeof botDisplayName !== "string" || typeof botEndpoint !== "string")
    throw new CommandError(
      `The stack ${name} has no outputs botAppId, botDisplayName and botEndpoint. Run "pulumi up" with this version of the program.`,
    );
  if (teams !== true && String(teams) !== "true") {
    const remedy = isLocal
      ? 'Start it with "npm start -- --config teams=true"'
      : 'Run "pulumi config set teams true" and "pulumi up"';
    throw new CommandError(`The stack ${name} does not let the bot into Microsoft Teams. ${remedy}.`);
  }
  return { botAppId, botDisplayName, botHost: new URL(botEndpoint).host };
}

async function write(file: string, content: Uint8Array): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  } catch (error) {
    throw new CommandError(`The package cannot be written: ${(error as Error).message}`);
  }
}

function textOf({ isLocal }: Stack, { manifest: { name, version, developer } }: TeamsApp, file: string): string {
  const manifestFile = path.join(teamsFolder, "manifest.json");
  const lines = [
    `The Teams app package of "${name.short}", version ${version}, is in ${file}.`,
    "",
    "To install it for yourself: in Teams open Apps, Manage your apps, Upload an app, Upload a custom app, and choose the file.",
    "To install it for your organisation: in the Teams admin center open Teams apps, Manage apps, Actions, Upload new app.",
    "docs/teams.md says which policies this needs.",
  ];
  if (developer.name === templateDeveloper)
    lines.push("", `Before others see the app, write your name and addresses into ${manifestFile}.`);
  if (isLocal)
    lines.push(
      "",
      "Teams cannot reach a bot on this machine. Use this package to look at it, and a stack in Azure to chat.",
    );
  return lines.join("\n");
}
