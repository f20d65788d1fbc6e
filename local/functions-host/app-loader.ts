import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { z } from "zod";
import { messageOf, StartupError } from "./startup-error";

const packageJson = z.looseObject({
  main: z.string({ error: `"main" is missing. It must name the app's entry point` }).min(1, `"main" is empty`),
  type: z.literal("commonjs", `"type" must be "commonjs", because this host does not support ES modules`).optional(),
});

/** Runs the app's entry point (`main` in its package.json), which registers the functions. @throws StartupError */
export function loadApp(content: string): void {
  const entryPoint = findEntryPoint(content);
  try {
    createRequire(entryPoint)(entryPoint);
  } catch (error) {
    throw new StartupError(
      `The app's entry point ${entryPoint} failed to load: ${messageOf(error).split("\n")[0]?.replace(/\.$/, "")}.`,
      {
        cause: error,
      },
    );
  }
}

function findEntryPoint(content: string): string {
  const { main } = readPackageJson(content);
  if (/[*{}]/.test(main))
    throw new StartupError(`package.json: "main" is the pattern '${main}'. This host loads one file: give its name.`);
  if (main.endsWith(".mjs"))
    throw new StartupError(`package.json: "main" is '${main}'. This host does not support ES modules.`);
  const path = resolve(content, main);
  if (!existsSync(path) || !statSync(path).isFile()) {
    throw new StartupError(`package.json: "main" is '${main}', but ${content} has no such file.`);
  }
  return path;
}

function readPackageJson(content: string): { main: string } {
  const path = resolve(content, "package.json");
  if (!existsSync(path))
    throw new StartupError(`${content} has no package.json. Its "main" must name the app's entry point.`);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new StartupError(`package.json is not JSON: ${messageOf(error)}.`);
  }
  const result = packageJson.safeParse(json);
  if (!result.success) throw new StartupError(`package.json: ${result.error.issues[0]?.message}.`);
  return result.data;
}
