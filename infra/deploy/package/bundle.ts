import { build } from "esbuild";

/**
 * One CommonJS file with everything an app needs at run time.
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
    write: false,
    logLevel: "silent",
  });
  const [file] = result.outputFiles;
  if (!file) throw new Error(`esbuild made nothing of ${entry}`);
  return file.contents;
}
