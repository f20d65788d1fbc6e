import { readFileSync } from "node:fs";
import type { ErrorObject } from "ajv";
import Ajv from "ajv-draft-04";
import addFormats from "ajv-formats";
import { CommandError } from "./errors";

/** The values of the manifest's placeholders. */
export interface TeamsAppValues {
  /** The bot's Microsoft App ID, a GUID. */
  botAppId: string;
  botDisplayName: string;
  /** The host of the bot's address. */
  botHost: string;
  /** `1.2.3`; Teams takes a package as an update only if its version is higher. */
  appVersion: string;
}

/** The fields of a manifest that this tool reads; the schema checks the others. */
export interface TeamsManifest {
  id: string;
  version: string;
  developer: { name: string; [urls: string]: string };
  name: { short: string };
  icons: Record<string, string>;
  localizationInfo?: { defaultLanguageFile?: string; additionalLanguages?: { file: string }[] };
}

/**
 * Fills the placeholders of a manifest and checks it.
 * @param json the text of the file @throws CommandError that names the file and each problem
 */
export function readManifest(json: string, values: TeamsAppValues, file: string): TeamsManifest {
  const manifest = fill(parse(json, file), { ...values }, file) as TeamsManifest;
  const schema = schemaProblems(manifest);
  const problems = schema.length ? schema : otherProblems(manifest);
  if (problems.length) throw new CommandError(`Teams would refuse ${file}:\n${problems.join("\n")}`);
  return manifest;
}

/** The names of the manifest's language files. */
export function languageFiles({ localizationInfo = {} }: TeamsManifest): string[] {
  const { defaultLanguageFile, additionalLanguages = [] } = localizationInfo;
  return [...(defaultLanguageFile ? [defaultLanguageFile] : []), ...additionalLanguages.map(({ file }) => file)];
}

function parse(json: string, file: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new CommandError(`${file} is not JSON: ${(error as Error).message}`);
  }
}

/** The value with every `${{name}}` in its texts replaced. */
function fill(value: unknown, values: Record<string, string>, file: string): unknown {
  if (typeof value === "string")
    return value.replace(/\$\{\{(.*?)\}\}/g, (placeholder, name: string) => {
      const known = values[name.trim()];
      if (known !== undefined) return known;
      throw new CommandError(
        `${file} has the unknown placeholder ${placeholder}. The placeholders are ${Object.keys(values).join(", ")}.`,
      );
    });
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one) => fill(one, values, file));
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fill(one, values, file)]));
}

/**
 * The problems of a manifest by Microsoft's published schema, one sentence each. The manifest names the schema's version:
 * github.com/microsoft/json-schemas.
 */
export function schemaProblems(manifest: object): string[] {
  const { manifestVersion } = manifest as { manifestVersion?: unknown };
  const schema = schemaOf(String(manifestVersion));
  if (!schema)
    return [`manifestVersion is ${JSON.stringify(manifestVersion)}. No schema of this version is installed.`];
  const ajv = new Ajv({ allErrors: true, strict: false, verbose: true });
  addFormats(ajv);
  ajv.validate(schema, manifest);
  return (ajv.errors ?? []).map(sentenceOf);
}

function schemaOf(version: string): object | undefined {
  if (!/^(\d+\.\d+|devPreview)$/.test(version)) return undefined;
  const folder = `@microsoft/app-manifest/build/json-schemas/teams/v${version[0]?.toUpperCase()}${version.slice(1)}`;
  try {
    return JSON.parse(readFileSync(require.resolve(`${folder}/MicrosoftTeams.schema.json`), "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "MODULE_NOT_FOUND") return undefined;
    throw error;
  }
}

/** `name.short must NOT have more than 30 characters; it is "…".` */
function sentenceOf({ instancePath, message, params, data }: ErrorObject): string {
  const field = instancePath.slice(1).replaceAll("/", ".") || "The manifest";
  const allowed = "allowedValues" in params ? `: ${params.allowedValues.join(", ")}` : "";
  const unknown = "additionalProperty" in params ? `: ${params.additionalProperty}` : "";
  const value = typeof data === "object" ? "" : `; it is ${JSON.stringify(data)}`;
  return `${field} ${message}${allowed}${unknown}${value}.`;
}

/** Problems that the schema does not find. */
function otherProblems(manifest: TeamsManifest): string[] {
  const { developer, icons } = manifest;
  const insecure = Object.entries(developer).filter(([key, value]) => key.endsWith("Url") && !/^https:/i.test(value));
  const outside = [...Object.values(icons), ...languageFiles(manifest)].filter((name) => !/^[\w-][\w.-]*$/.test(name));
  return [
    ...insecure.map(([key, value]) => `developer.${key} must begin with https://; it is "${value}".`),
    ...outside.map((name) => `"${name}" must be the name of a file in the manifest's own folder.`),
  ];
}
