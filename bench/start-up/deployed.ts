import { readFile } from "node:fs/promises";
import { cached, projectRoot } from "../../infra/deploy/package/cache";
import type { AppName } from "../../local/cloud/local-cloud";
import type { StackDescription } from "../../local/stack-description";

/** The zip that a running app was made of: the app itself says which. This process must trust the stack. @throws Error when it is gone */
export async function deployedZip(app: AppName, { local }: StackDescription): Promise<Buffer> {
  const answer = await fetch(`${local[app]}/healthz`);
  const { version } = (await answer.json()) as { version: string };
  const name = `${app}-${version}.zip`;
  const file = await cached(projectRoot, name, () => {
    throw new Error(`${name}, which the ${app} says it is, is not in node_modules/.cache.`);
  });
  return readFile(file);
}
