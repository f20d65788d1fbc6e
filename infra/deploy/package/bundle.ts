import { build } from "esbuild";
import { ownSourceMap } from "./source-map";

const codeFile = "index.js";
/** Beside the code, which refers to it. */
export const sourceMapFile = "index.js.map";

export type Bundle = Record<typeof codeFile | typeof sourceMapFile, Uint8Array>;

/**
 * One CommonJS file, index.js, with everything an app needs at run time, and a source map of the project's own files beside it.
 * @param root the folder of the sources; it does not show in the result
 * @param entry the app's first file, relative to `root`
 * @param external packages that the platform provides
 * @throws esbuild's error, which says file and line
 */
export async function bundleWithMap(root: string, entry: string, external: string[] = []): Promise<Bundle> {
  const result = await build({
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
    sourcemap: "linked",
    sourcesContent: false,
    outfile: codeFile,
    write: false,
    logLevel: "silent",
  });
  const [map, code] = result.outputFiles;
  if (!map || !code) throw new Error(`esbuild made nothing of ${entry}`);
  const ownMap = JSON.stringify(ownSourceMap(JSON.parse(map.text)));
  return { [codeFile]: code.contents, [sourceMapFile]: new TextEncoder().encode(ownMap) };
}

/** The code alone. */
export async function bundle(...options: Parameters<typeof bundleWithMap>): Promise<Uint8Array> {
  return (await bundleWithMap(...options))[codeFile];
}
