import { readFile } from "node:fs/promises";
import path from "node:path";
import { zipSync } from "fflate";
import { Failure } from "./failure";
import { checkIcon, type IconRule } from "./icon";
import { schemaProblems } from "./manifest-schema";

/** Where a fork edits its Teams app: the manifest and the icons. */
export const teamsFolder = path.resolve(__dirname, "../teams");

/** What fills the manifest's placeholders. */
export interface TeamsAppValues {
  /** The bot's Microsoft App ID, a GUID. */
  botAppId: string;
  botDisplayName: string;
  /** The host of the bot's address. */
  botHost: string;
  /** `1.2.3`; Teams takes an update only with a higher one. */
  appVersion: string;
}

/** What the manifest needs to be known of; its schema says the rest. */
export interface TeamsManifest {
  id: string;
  version: string;
  developer: { name: string; [urls: string]: string };
  name: { short: string };
  icons: Record<string, string>;
  localizationInfo?: { defaultLanguageFile?: string; additionalLanguages?: { file: string }[] };
}

export interface TeamsApp {
  manifest: TeamsManifest;
  /** What Teams takes. */
  zip: Uint8Array;
}

/** What Teams wants of each icon: learn.microsoft.com/microsoftteams/platform/concepts/build-and-test/apps-package#app-icons */
const iconRules: Record<string, IconRule> = {
  color: { size: 192 },
  outline: { size: 32, transparent: true },
  color32x32: { size: 32, transparent: true },
};

/**
 * Fills the manifest of a folder and packs it with its icons.
 * @throws Failure that names the file and what is wrong in it
 */
export async function packTeamsApp(values: TeamsAppValues, folder = teamsFolder): Promise<TeamsApp> {
  const file = path.join(folder, "manifest.json");
  const manifest = filled(parse(await read(file), file), { ...values }, file) as TeamsManifest;
  const schema = schemaProblems(manifest);
  const problems = schema.length ? schema : furtherProblems(manifest);
  if (problems.length) throw new Failure(`${file} is not what Teams accepts:\n${problems.join("\n")}`);

  const files: Record<string, Uint8Array> = { "manifest.json": Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`) };
  for (const [kind, name] of Object.entries(manifest.icons)) {
    const content = await read(path.join(folder, name));
    checkIcon(content, path.join(folder, name), iconRules[kind] ?? {});
    files[name] = content;
  }
  for (const name of languageFiles(manifest)) files[name] = await read(path.join(folder, name));
  return { manifest, zip: zipSync(files) };
}

/** What Teams demands beyond its schema. */
function furtherProblems(manifest: TeamsManifest): string[] {
  const { developer, icons } = manifest;
  const insecure = Object.entries(developer).filter(([key, value]) => key.endsWith("Url") && !/^https:/i.test(value));
  const outside = [...Object.values(icons), ...languageFiles(manifest)].filter((name) => !/^[\w-][\w.-]*$/.test(name));
  return [
    ...insecure.map(([key, value]) => `developer.${key} must begin with https://; it is "${value}".`),
    ...outside.map((name) => `"${name}" must be the name of a file in the manifest's own folder.`),
  ];
}

function languageFiles({ localizationInfo = {} }: TeamsManifest): string[] {
  const { defaultLanguageFile, additionalLanguages = [] } = localizationInfo;
  return [...(defaultLanguageFile ? [defaultLanguageFile] : []), ...additionalLanguages.map(({ file }) => file)];
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new Failure(`The file ${file} is missing.`);
    throw error;
  }
}

function parse(content: Buffer, file: string): unknown {
  try {
    return JSON.parse(content.toString());
  } catch (error) {
    throw new Failure(`${file} is not JSON: ${(error as Error).message}`);
  }
}

/** The value with every `${{name}}` in its texts replaced. */
function filled(value: unknown, values: Record<string, string>, file: string): unknown {
  if (typeof value === "string")
    return value.replace(/\$\{\{(.*?)\}\}/g, (placeholder, name: string) => {
      const known = values[name.trim()];
      if (known !== undefined) return known;
      throw new Failure(
        `${file} has the unknown placeholder ${placeholder}. The placeholders are ${Object.keys(values).join(", ")}.`,
      );
    });
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => filled(one, values, file));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, filled(one, values, file)]));
}
