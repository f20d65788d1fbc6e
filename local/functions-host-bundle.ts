import { writeFile } from "node:fs/promises";
import path from "node:path";
import { bundle } from "../infra/deploy/package/bundle";

/** The Functions host as one script for plain node, as in Azure, where no TypeScript runs. */
export function bundleFunctionsHost(home: string) {
  const script = path.join(home, "functions-host.js");
  const bundled = bundle(__dirname, "functions-host/main.ts").then((code) => writeFile(script, code));
  return { bundled, start: (wwwroot: string) => [script, "--content", wwwroot] };
}
