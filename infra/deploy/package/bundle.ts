import { type BuildOptions, build } from "esbuild";
import { ownSourceMap } from "./source-map";

const codeFile = "index.js";
/** Beside the code, which refers to it. */
export const sourceMapFile = "index.js.map";

export type Bundle = Record<typeof codeFile | typeof sourceMapFile, Uint8Array>;

/**
 * esbuild's options for one CommonJS file that runs by itself.
 * @param root the folder of the sources; it does not show in the result
 * @param entry the first file, relative to `root`
 * @param external packages that the platform provides
 */
export function bundleOptions(root: string, entry: string, external: string[] = []): BuildOptions {
  return {
    absWorkingDir: root,
    entryPoints: [entry],
    external,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "cjs",
    minify: true,
    // Node prints the line that threw; of a minified bundle that would be all of it.
    lineLimit: 200,
    legalComments: "none",
    // Libraries that look at it must not show strangers their stack traces.
    define: { "process.env.NODE_ENV": '"production"', "import.meta.url": "importMetaUrl" },
    // Packages that ship ES modules ask where they are; a CommonJS file says it so.
    banner: { js: 'const importMetaUrl = require("node:url").pathToFileURL(__filename).href;' },
    tsconfigRaw: {},
    logLevel: "silent",
  };
}

/**
 * One file, index.js, with everything an app needs at run time, and a source map of the project's own files beside it. The
 * parameters are those of `bundleOptions`. @throws esbuild's error, which says file and line
 */
export async function bundle(...parameters: Parameters<typeof bundleOptions>): Promise<Bundle> {
  const maps = { sourcemap: "linked", sourcesContent: false } as const;
  const result = await build({ ...bundleOptions(...parameters), ...maps, outfile: codeFile, write: false });
  const [map, code] = result.outputFiles;
  if (!map || !code) throw new Error(`esbuild made nothing of ${parameters[1]}`);
  const ownMap = JSON.stringify(ownSourceMap(JSON.parse(map.text)));
  return { [codeFile]: code.contents, [sourceMapFile]: new TextEncoder().encode(ownMap) };
}
