import { readFileSync } from "node:fs";
import path from "node:path";

/** The folder with Pulumi.yaml. */
export const projectFolder = path.resolve(__dirname, "..");

/** The project's name in Pulumi.yaml. @throws Error where it has none */
export const projectName = readName(readFileSync(path.join(projectFolder, "Pulumi.yaml"), "utf8"));

function readName(text: string): string {
  const [, name] = /^name: *["']?([\w.-]+)/m.exec(text) ?? [];
  if (!name) throw new Error("Pulumi.yaml does not say the project's name. Give it one: `name: my-bot`.");
  return name;
}
