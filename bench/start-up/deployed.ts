import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { projectRoot } from "../../infra/deploy/package/cache";
import type { AppName } from "../../local/cloud/local-cloud";
import type { StackDescription } from "../../local/stack-description";

/** The program keeps its zips here. Their names stand for their content, which is more than the version. */
const folder = path.join(projectRoot, "node_modules/.cache/infra");

/** The zip of a running app. The app reports its version. This process must trust the stack. @throws Error when the zip is missing */
export async function deployedZip(app: AppName, { local }: StackDescription): Promise<Buffer> {
  const answer = await fetch(`${local[app]}/healthz`);
  const { version } = (await answer.json()) as { version: string };
  const names = await readdir(folder);
  for (const name of names.filter((name) => name.startsWith(`${app}-`) && name.endsWith(".zip"))) {
    const zip = await readFile(path.join(folder, name));
    if (versionIn(zip) === version) return zip;
  }
  throw new Error(`The zip of the running ${app}, version ${version}, is not in node_modules/.cache/infra.`);
}

function versionIn(zip: Uint8Array): string {
  const { "version.txt": version } = unzipSync(zip, { filter: ({ name }) => name === "version.txt" });
  return version ? strFromU8(version).trim() : "";
}
