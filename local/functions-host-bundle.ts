import { writeFile } from "node:fs/promises";
import path from "node:path";
import { bundle } from "../infra/deploy/package/bundle";

/** The Functions host as one script that plain node starts: where it stands in, there is no compiler either. */
export function bundleFunctionsHost(home: string) {
  const script = path.join(home, "functions-host.js");
  const bundled = bundle(__dirname, "functions-host/main.ts").then((code) => writeFile(script, code));
  return { bundled, start: (wwwroot: string) => [script, "--content", wwwroot] };
}
