import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { Failure, WrongUsage } from "../failure";
import { performOn } from "../perform";
import type { Report } from "../report";
import type { Stack } from "../stack/stack";
import { packTeamsApp, type TeamsApp, type TeamsAppValues, teamsFolder } from "../teams-app";

const defaultFile = "build/teams-app.zip";
/** The developer's name in the template's manifest, until somebody writes their own. */
const nobodysName = "Your organisation";

const examples = `
The package has the manifest and the icons of the folder teams/. The stack's outputs fill the manifest's placeholders.
"npm run cli -- teams" is the same as "npm run cli -- teams". It needs no login in Azure.

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
    .description("makes the app package that installs the bot in Microsoft Teams")
    .option("--out <FILE>", "where the package is written", defaultFile)
    .option("--app-version <VERSION>", "such as 1.2.0; otherwise it is made of the time, so that it rises by itself")
    .addHelpText("after", examples)
    .action(async (options: TeamsOptions, command: Command) => {
      checkOptions(options);
      await performOn(command, (stack) => teams(stack, options));
    });
}

function checkOptions({ out, appVersion }: TeamsOptions): void {
  if (!out) throw new WrongUsage("--out needs the path of a file.");
  if (appVersion !== undefined && !/^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}$/.test(appVersion))
    throw new WrongUsage(`--app-version must be three numbers such as 1.2.0, not "${appVersion}".`);
}

async function teams(stack: Stack, { out, appVersion = versionAt(new Date()) }: TeamsOptions): Promise<Report> {
  const app = await packTeamsApp({ ...valuesOf(stack), appVersion });
  const file = path.resolve(out);
  await write(file, app.zip);
  const { id, version } = app.manifest;
  return { text: text(stack, app, file), data: { file, id, version } };
}

/** `1.20261127.1545` for 15:45 on that day, UTC. Teams takes a package as an update only where its version is higher. */
export function versionAt(time: Date): string {
  const [day = "", clock = ""] = time.toISOString().split("T");
  return `1.${day.replaceAll("-", "")}.${Number(clock.slice(0, 5).replace(":", ""))}`;
}

/** @throws Failure where the stack is too old for this, or not open to Teams */
export function valuesOf({ name, isLocal, outputs }: Stack): Omit<TeamsAppValues, "appVersion"> {
  const { botAppId, botDisplayName, botEndpoint, teams } = outputs;
  if (typeof botAppId !== "string" || typeof botDisplayName !== "string" || typeof botEndpoint !== "string")
    throw new Failure(
      `The stack ${name} does not have the outputs botAppId, botDisplayName and botEndpoint: run "pulumi up" with this version of the program.`,
    );
  if (teams !== true && String(teams) !== "true") {
    const remedy = isLocal
      ? 'start it with "npm start -- --config teams=true"'
      : 'run "pulumi config set teams true" and "pulumi up"';
    throw new Failure(`The stack ${name} does not let the bot into Microsoft Teams: ${remedy}.`);
  }
  return { botAppId, botDisplayName, botHost: new URL(botEndpoint).host };
}

async function write(file: string, content: Uint8Array): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, content);
  } catch (error) {
    throw new Failure(`The package cannot be written: ${(error as Error).message}`);
  }
}

function text({ isLocal }: Stack, { manifest: { name, version, developer } }: TeamsApp, file: string): string {
  const lines = [
    `The Teams app package of "${name.short}", version ${version}, is in ${file}.`,
    "",
    "To install it for yourself: in Teams open Apps, Manage your apps, Upload an app, Upload a custom app, and choose the file.",
    "To install it for your organisation: in the Teams admin center open Teams apps, Manage apps, Actions, Upload new app.",
    "docs/teams.md says which policies this needs.",
  ];
  if (developer.name === nobodysName)
    lines.push(
      "",
      `Before others see the app, write your name and addresses into ${path.join(teamsFolder, "manifest.json")}.`,
    );
  if (isLocal)
    lines.push(
      "",
      "Teams cannot reach a bot on this machine. Use this package to look at it, and a stack in Azure to chat.",
    );
  return lines.join("\n");
}
