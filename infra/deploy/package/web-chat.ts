import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { x as extract } from "tar";
import { cached, projectRoot } from "./cache";

const run = promisify(execFile);

const webChat = "botframework-webchat@4.18.1";
/** `npm view botframework-webchat@4.18.1 dist.integrity` */
const integrity = "sha512-7jpEUJ7olT62Xm+8eh7BhhIcXVfU2xD4pZDaeBt8K4XcNy6K/83UGIxE9BFkXmHMZ4hDEVOzs5cre07GWuaXzg==";
const script = "package/dist/webchat.js";

/**
 * Web Chat for browsers, one script. It comes from npm once and is kept in node_modules/.cache; as a dependency it would
 * bring 500 MB with it.
 * @throws Error when npm cannot get it, or when it is not the expected file
 */
export async function webChatScript(root = projectRoot): Promise<Buffer> {
  const version = Buffer.from(integrity.slice("sha512-".length), "base64").toString("hex").slice(0, 32);
  return readFile(await cached(root, `webchat-${version}.js`, download));
}

async function download(): Promise<Buffer> {
  console.error(`Downloading Web Chat (${webChat}, 7 MB, once) ...`);
  const folder = await mkdtemp(join(tmpdir(), "webchat-"));
  try {
    const tarball = join(folder, await packInto(folder));
    verify(await readFile(tarball));
    await extract({ file: tarball, cwd: folder }, [script]);
    return await readFile(join(folder, script));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Packs, so that nothing is installed and no script runs. Returns the tarball's name. */
async function packInto(folder: string): Promise<string> {
  const windows = process.platform === "win32";
  try {
    const args = ["pack", webChat, "--ignore-scripts", "--prefer-offline", "--loglevel=error"];
    // npm is a batch file on Windows, which only a shell starts.
    await run(windows ? "npm.cmd" : "npm", args, { cwd: folder, shell: windows });
  } catch (error) {
    throw new Error(
      `Web Chat (${webChat}) is not on this machine yet and npm could not get it. Run this once online, or set webChat to false.\n${(error as Error).message}`,
    );
  }
  const tarball = (await readdir(folder)).find((name) => name.endsWith(".tgz"));
  if (!tarball) throw new Error(`"npm pack ${webChat}" left no tarball. Run it in an empty folder to see why.`);
  return tarball;
}

/** @throws Error unless these are the bytes that were checked when the version was chosen */
export function verify(tarball: Uint8Array): void {
  const found = `sha512-${createHash("sha512").update(tarball).digest("base64")}`;
  if (found === integrity) return;
  throw new Error(
    `npm gave another ${webChat} than expected: its integrity is ${found}, not ${integrity}. Is your registry a mirror?`,
  );
}
