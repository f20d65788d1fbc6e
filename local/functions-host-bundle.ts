import path from "node:path";
import { build } from "esbuild";
import { bundleOptions } from "../infra/deploy/package/bundle";

/** The Functions host as one script for plain node, as in Azure, where no TypeScript runs. */
export function bundleFunctionsHost(home: string) {
  const script = path.join(home, "functions-host.js");
  const bundled = build({ ...bundleOptions(__dirname, "functions-host/main.ts"), outfile: script });
  return { bundled, start: (wwwroot: string) => [script, "--content", wwwroot] };
}
