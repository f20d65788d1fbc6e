import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { bundle, sourceMapFile } from "./bundle";
import { cached, projectRoot } from "./cache";
import { type Files, versionOf, zip } from "./zip";

/** An app ready to be pushed. */
export interface AppPackage {
  /** The zip, relative to the project's folder, so that the stack's state is the same on every machine. */
  path: string;
  /** The version that `/healthz` answers once this zip runs: `versionOf` its other files, in the zip as version.txt. */
  version: string;
}

export interface PackageOptions {
  /** The folder that holds `bot/` and `function/`. */
  root?: string;
}

export interface BotPackageOptions extends PackageOptions {
  /** Web Chat's script for the bot's own page, if it has one. */
  webChatScript?: Promise<Uint8Array>;
}

/** The bot's zip: its bundle and its page. */
export async function packageBot({ root = projectRoot, webChatScript }: BotPackageOptions = {}): Promise<AppPackage> {
  const [code, page, script] = await Promise.all([
    bundle(root, "bot/index.ts"),
    folder(root, "bot", "public"),
    webChatScript,
  ]);
  return pack(root, "bot", { ...code, ...page, ...(script && { "public/webchat.js": script }) });
}

/** The function's zip: its bundle and the host's configuration. The host itself provides `@azure/functions-core`. */
export async function packageFunction({ root = projectRoot }: PackageOptions = {}): Promise<AppPackage> {
  const [code, host] = await Promise.all([
    bundle(root, "function/index.ts", ["@azure/functions-core"]),
    readFile(join(root, "function/host.json")),
  ]);
  return pack(root, "function", { ...code, "host.json": host });
}

async function pack(root: string, name: string, app: Files): Promise<AppPackage> {
  const files: Files = { ...app, "package.json": text('{"main":"index.js"}\n') };
  const { [sourceMapFile]: _, ...running } = files; // a comment moves lines in the map, and is no reason for a release
  const version = versionOf(running);
  const file = await cached(root, `${name}-${versionOf(files)}.zip`, () =>
    zip({ ...files, "version.txt": text(version) }),
  );
  return { path: relative(root, file).split(sep).join("/"), version };
}

/** The files of `<root>/<app>/<name>` as `<name>/<file>`, without hidden ones such as .DS_Store. */
async function folder(root: string, app: string, name: string): Promise<Files> {
  const entries = await readdir(join(root, app, name), { withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile() && !entry.name.startsWith(".")).map((entry) => entry.name);
  const files = await Promise.all(
    names.map(async (file) => [`${name}/${file}`, await readFile(join(root, app, name, file))] as const),
  );
  return Object.fromEntries(files);
}

function text(content: string): Uint8Array {
  return new TextEncoder().encode(content);
}
