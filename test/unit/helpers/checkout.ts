import { cp, mkdir, readdir, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";

export const root = resolve(__dirname, "../../..");

/** The apps' sources in another folder, beside the same packages but with a cache of its own. */
export async function checkOut(folder: string): Promise<string> {
  for (const part of ["bot", "function", "core"]) await cp(join(root, part), join(folder, part), { recursive: true });
  await mkdir(join(folder, "node_modules"));
  for (const name of await readdir(join(root, "node_modules"))) {
    if (!name.startsWith("."))
      await symlink(join(root, "node_modules", name), join(folder, "node_modules", name), "junction");
  }
  return folder;
}
