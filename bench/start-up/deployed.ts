import { readFile } from "node:fs/promises";
import { cached, projectRoot } from "../../infra/deploy/package/cache";
import type { AppName } from "../../local/cloud/local-cloud";
import type { StackDescription } from "../../local/stack-description";

/** The zip of a running app. The app reports its version. This process must trust the stack. @throws Error when the zip is missing */
export async function deployedZip(app: AppName, { local }: StackDescription): Promise<Buffer> {
  const answer = await fetch(`${local[app]}/healthz`);
  const { version } = (await answer.json()) as { version: string };
  const name = `${app}-${version}.zip`;
  const file = await cached(projectRoot, name, () => {
    throw new Error(`The zip of the running ${app}, ${name}, is not in node_modules/.cache.`);
  });
  return readFile(file);
}
