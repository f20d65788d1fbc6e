import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

/** The folder that holds Pulumi.yaml. */
export const projectRoot = resolve(__dirname, "../../..");

/**
 * The path of a file that is made once: its name must stand for its content, so that it never has to be made again.
 * It appears whole or not at all, also when several processes make it at the same time.
 * @param root the folder that holds `node_modules`
 * @param name the file's name
 * @param make returns the content
 */
export async function cached(
  root: string,
  name: string,
  make: () => Uint8Array | Promise<Uint8Array>,
): Promise<string> {
  const file = join(root, "node_modules/.cache/infra", name);
  if (existsSync(file)) return file;
  const bytes = await make();
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  try {
    await writeFile(unfinished, bytes);
    await rename(unfinished, file);
  } finally {
    await rm(unfinished, { force: true });
  }
  return file;
}
