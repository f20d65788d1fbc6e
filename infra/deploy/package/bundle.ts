import { build } from "esbuild";
import { ownSourceMap } from "./source-map";

/**
 * One CommonJS file with everything an app needs at run time, and with a source map of the project's own files.
 * @param root the folder of the sources; it does not show in the result
 * @param entry the app's first file, relative to `root`
 * @param external packages that the platform provides
 * @throws esbuild's error, which says file and line
 */
export async function bundle(root: string, entry: string, external: string[] = []): Promise<Uint8Array> {
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
    sourcemap: "external",
    sourcesContent: false,
    outfile: "index.js",
    write: false,
    logLevel: "silent",
  });
  const [map, code] = result.outputFiles;
  if (!map || !code) throw new Error(`esbuild made nothing of ${entry}`);
  const encoded = Buffer.from(JSON.stringify(ownSourceMap(JSON.parse(map.text)))).toString("base64");
  return Buffer.concat([code.contents, Buffer.from(`//# sourceMappingURL=data:application/json;base64,${encoded}\n`)]);
}
