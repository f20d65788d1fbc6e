import { readFileSync } from "node:fs";
import type { ErrorObject } from "ajv";
import Ajv from "ajv-draft-04";
import addFormats from "ajv-formats";

/**
 * What Microsoft's published schema has against a Teams manifest, one sentence each; it is the schema of the version that
 * the manifest names: github.com/microsoft/json-schemas.
 */
export function schemaProblems(manifest: object): string[] {
  const { manifestVersion } = manifest as { manifestVersion?: unknown };
  const schema = schemaOf(String(manifestVersion));
  if (!schema) return [`manifestVersion is ${JSON.stringify(manifestVersion)}, for which no schema is known here.`];
  const ajv = new Ajv({ allErrors: true, strict: false, verbose: true });
  addFormats(ajv);
  ajv.validate(schema, manifest);
  return (ajv.errors ?? []).map(sentence);
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
function sentence({ instancePath, message, params, data }: ErrorObject): string {
  const place = instancePath.slice(1).replaceAll("/", ".") || "The manifest";
  const allowed = "allowedValues" in params ? `: ${params.allowedValues.join(", ")}` : "";
  const unknown = "additionalProperty" in params ? `: ${params.additionalProperty}` : "";
  const value = typeof data === "object" ? "" : `; it is ${JSON.stringify(data)}`;
  return `${place} ${message}${allowed}${unknown}${value}.`;
}
