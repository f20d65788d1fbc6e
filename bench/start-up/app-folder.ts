import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { unzipSync } from "fflate";
import { bundle } from "../../infra/deploy/package/bundle";
import { projectRoot } from "../../infra/deploy/package/cache";
import type { AppName } from "../../local/cloud/local-cloud";

/** Unpacks an app's zip, as App Service does. */
export async function unpack(zip: Uint8Array, folder: string): Promise<string> {
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, bytes);
  }
  return folder;
}

/** Unpacks the app and replaces its bundle with one that loads the packages from node_modules. */
export async function unpackUnbundled(app: AppName, zip: Uint8Array, folder: string): Promise<string> {
  await unpack(zip, folder);
  const unbundled = await bundle(projectRoot, `${app}/index.ts`, await packages());
  for (const [name, bytes] of Object.entries(unbundled)) await writeFile(path.join(folder, name), bytes);
  await symlink(path.join(projectRoot, "node_modules"), path.join(folder, "node_modules"), "junction");
  return folder;
}

async function packages(): Promise<string[]> {
  const { dependencies } = JSON.parse(await readFile(path.join(projectRoot, "package.json"), "utf8"));
  return [...Object.keys(dependencies), "@azure/functions-core"]; // the Functions host provides @azure/functions-core
}
