import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";

const endings = process.platform === "win32" ? [".exe", ".cmd", ".bat"] : [""];

/** The file that a shell would run for this name, if it exists. */
export function findOnPath(name: string, folders = process.env.PATH ?? ""): string | undefined {
  return folders
    .split(path.delimiter)
    .filter(Boolean)
    .flatMap((folder) => endings.map((ending) => path.resolve(folder, name + ending)))
    .find(isExecutable);
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
