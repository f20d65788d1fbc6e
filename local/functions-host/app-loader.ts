import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { z } from "zod";
import { messageOf, Refusal } from "./refusal";

const packageJson = z.looseObject({
  main: z.string({ error: `"main" is missing: it must name the app's entry point` }).min(1, `"main" is empty`),
  type: z.literal("commonjs", `"type" must be "commonjs": this host loads no ES modules`).optional(),
});

/** Runs the app's entry point (`main` of its package.json), which registers its functions. */
export function loadApp(content: string): void {
  const entryPoint = findEntryPoint(content);
  try {
    createRequire(entryPoint)(entryPoint);
  } catch (error) {
    throw new Refusal(
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
    throw new Refusal(`package.json: "main" is the pattern '${main}': this host loads one file, name it.`);
  if (main.endsWith(".mjs")) throw new Refusal(`package.json: "main" is '${main}': this host loads no ES modules.`);
  const path = resolve(content, main);
  if (!existsSync(path) || !statSync(path).isFile()) {
    throw new Refusal(`package.json: "main" is '${main}', but there is no such file in ${content}.`);
  }
  return path;
}

function readPackageJson(content: string): { main: string } {
  const path = resolve(content, "package.json");
  if (!existsSync(path))
    throw new Refusal(`There is no package.json in ${content}: its "main" names the app's entry point.`);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Refusal(`package.json is not JSON: ${messageOf(error)}.`);
  }
  const result = packageJson.safeParse(json);
  if (!result.success) throw new Refusal(`package.json: ${result.error.issues[0]?.message}.`);
  return result.data;
}
