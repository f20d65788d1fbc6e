import { readFileSync } from "node:fs";
import path from "node:path";
import { projectFolder } from "../project";

/** Pulumi's providers whose packages the project depends on, by name, with their packages' versions. */
export function projectProviders(): Record<string, string> {
  const { dependencies } = manifest(projectFolder);
  const packages = Object.keys(dependencies ?? {}).map((name) =>
    manifest(path.join(projectFolder, "node_modules", name)),
  );
  const providers = packages.filter(({ pulumi }) => pulumi?.resource);
  return Object.fromEntries(providers.map(({ name = "", version = "", pulumi }) => [nameOf(name, pulumi), version]));
}

/** A package that names no provider is called after it: `@pulumi/random`. */
function nameOf(packageName: string, pulumi: Manifest["pulumi"]): string {
  return pulumi?.name ?? packageName.split("/").at(-1) ?? packageName;
}

interface Manifest {
  name?: string;
  version?: string;
  dependencies?: Record<string, string>;
  /** github.com/pulumi/pulumi, sdk/nodejs/cmd/pulumi-language-nodejs: how the engine finds the providers that a program needs */
  pulumi?: { resource?: boolean; name?: string };
}

/** Nothing of a package that is not installed. */
function manifest(folder: string): Manifest {
  try {
    return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8"));
  } catch {
    return {};
  }
}
