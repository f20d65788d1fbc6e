import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { type Job, program, root, testFile } from "./job";

/** Format, lint and types. */
const check = "check";

/** The suites of `npm test`. What waits most comes first, so that short files fill the end. */
export const usual = [check, "flow", "browser", "attack", "unit"];

/** "check", and each folder of test/ that holds test files. */
export function suites(): string[] {
  const folders = readdirSync(path.join(root, "test"), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const others = folders.map(({ name }) => name).filter((name) => !usual.includes(name));
  return [...usual, ...others].filter((name) => name === check || filesIn(`test/${name}`).length > 0);
}

/** What runs for a suite, a folder or a test file; nothing for any other name. @param reports the folder for the reports of test files */
export function jobsOf(name: string, reports: string): Job[] {
  if (name === check)
    return [program(check, "@biomejs/biome/bin/biome", "check"), program(check, "typescript/bin/tsc")];
  const files = filesIn(suites().includes(name) ? `test/${name}` : path.relative(root, path.resolve(name)));
  return files.map((file) => testFile(/^test\/([^/]+)\//.exec(file)?.[1] ?? "files", file, reports));
}

/** The test files in a folder at any depth, or the one of this name: from the repository's root, with "/" on every system. */
function filesIn(name: string): string[] {
  const found = statSync(path.join(root, name), { throwIfNoEntry: false });
  const files = found?.isDirectory()
    ? readdirSync(path.join(root, name), { recursive: true, encoding: "utf8" }).map((file) => path.join(name, file))
    : [name];
  const tests = found ? files.filter((file) => file.endsWith(".test.ts")) : [];
  return tests.map((file) => file.split(path.sep).join("/")).sort();
}
