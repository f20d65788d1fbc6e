import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { strFromU8, unzipSync } from "fflate";
import { type AppPackage, packageBot, packageFunction } from "../../../infra/deploy/package/app-package";
import { verify, webChatScript } from "../../../infra/deploy/package/web-chat";
import { checkOut, root as ourRoot } from "../helpers/checkout";

const folders: string[] = [];
after(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

const sources = {
  "bot/index.ts": 'import { greet } from "./greet";\nconsole.log(greet("bot"), process.env.NODE_ENV);\n',
  "bot/greet.ts": 'export const greet = (who: string): string => "hello " + who;\n',
  "bot/public/index.html": "<!doctype html><title>Bot</title>\n",
  "bot/public/.DS_Store": "junk",
  "function/index.ts":
    'declare function require(id: string): unknown;\nrequire("@azure/functions-core");\nconsole.log("function");\n',
  "function/host.json": '{"version":"2.0"}\n',
};
const script = new TextEncoder().encode("var WebChat;");

test("the bot's zip holds its bundle, its page and the hash of everything else", async () => {
  const root = await project();
  const botPackage = await packageBot({ root, webChatScript: Promise.resolve(script) });
  const files = await unzip(root, botPackage);
  assert.deepEqual(Object.keys(files), [
    "index.js",
    "index.js.map",
    "package.json",
    "public/index.html",
    "public/webchat.js",
    "version.txt",
  ]);
  assert.equal(strFromU8(files["package.json"] ?? script), '{"main":"index.js"}\n');
  assert.deepEqual(files["public/webchat.js"], script);
  const { "version.txt": versionFile, ...others } = files;
  assert.equal(strFromU8(versionFile ?? script), botPackage.version);
  const { "index.js.map": map, ...running } = others;
  assert.ok(map);
  assert.equal(botPackage.version, versionByHand(running));
  assert.equal(botPackage.path, `node_modules/.cache/infra/bot-${versionByHand(others)}.zip`);
});

test("without Web Chat its script is not in the bot's zip", async () => {
  const root = await project();
  const files = await unzip(root, await packageBot({ root }));
  assert.equal("public/webchat.js" in files, false);
});

test("the function's zip holds its bundle and the host's configuration, and leaves functions-core to the host", async () => {
  const root = await project();
  const files = await unzip(root, await packageFunction({ root }));
  assert.deepEqual(Object.keys(files), ["host.json", "index.js", "index.js.map", "package.json", "version.txt"]);
  assert.match(strFromU8(files["index.js"] ?? script), /require\("@azure\/functions-core"\)/);
});

test("the bundle runs on its own, in production", async () => {
  const root = await project();
  const files = await unzip(root, await packageBot({ root }));
  const elsewhere = join(await folder(), "index.js");
  await writeFile(elsewhere, files["index.js"] ?? "");
  const { stdout } = await promisify(execFile)(process.execPath, [elsewhere]);
  assert.equal(stdout, "hello bot production\n");
});

test("the stack of an error names the file and line that were written, and the source map has no packages in it", async () => {
  const root = await project();
  await mkdir(join(root, "node_modules/greeting"), { recursive: true });
  await writeFile(join(root, "node_modules/greeting/index.js"), "exports.greeting = (who) => who.toUpperCase();\n");
  const code =
    'import { greeting } from "greeting";\n\nfunction greet(who: unknown) {\n  return greeting(who);\n}\ngreet(1);\n';
  await writeFile(join(root, "bot/index.ts"), code);
  const files = await unzip(root, await packageBot({ root }));
  const elsewhere = await folder();
  for (const file of ["index.js", "index.js.map"]) await writeFile(join(elsewhere, file), files[file] ?? "");
  const run = promisify(execFile)(process.execPath, ["--enable-source-maps", "index.js"], { cwd: elsewhere });
  const { stderr } = (await run.catch((error) => error)) as { stderr: string };
  assert.match(stderr, /TypeError: .*toUpperCase is not a function\n +at \S+ \(\S*index\.js:\d+:\d+\)/);
  assert.match(stderr, /\n +at greet \(.*bot\/index\.ts:4:10\)\n +at .*bot\/index\.ts:6:1/);
  assert.deepEqual(JSON.parse(strFromU8(files["index.js.map"] ?? script)).sources, ["bot/index.ts"]);
});

test("the zips are the same bytes in another time zone, another folder and another run", async () => {
  const hashes = [];
  for (const zone of ["UTC", "Pacific/Kiritimati", "America/St_Johns"]) {
    const root = await project(join(await folder(), zone.replace("/", " ")));
    hashes.push(await zipsOf(root, zone));
  }
  assert.equal(hashes[0]?.length, 2);
  assert.deepEqual(hashes[1], hashes[0]);
  assert.deepEqual(hashes[2], hashes[0]);
});

test("the real apps are the same bytes in another checkout", async () => {
  const copy = await checkOut(join(await folder(), "another checkout"));
  const [here, there] = await Promise.all([versions(ourRoot), versions(copy)]);
  assert.deepEqual(there, here);
});

test("a changed line changes the version of its own app only", async () => {
  const root = await project();
  const [oldBot, oldFunction] = [await packageBot({ root }), await packageFunction({ root })];
  await writeFile(join(root, "bot/greet.ts"), 'export const greet = (who: string): string => "good day, " + who;\n');
  assert.notEqual((await packageBot({ root })).version, oldBot.version);
  assert.deepEqual(await packageFunction({ root }), oldFunction);
});

test("a comment does not change the version, and the source map has the new lines", async () => {
  const root = await project();
  const { version, path } = await packageBot({ root });
  await writeFile(join(root, "bot/greet.ts"), `// Says hello.\n${sources["bot/greet.ts"]}`);
  const commented = await packageBot({ root });
  assert.equal(commented.version, version);
  assert.notEqual(commented.path, path);
});

test("an error in the code is reported with file and line", async () => {
  const root = await project();
  await writeFile(join(root, "bot/greet.ts"), "export const greet = (;\n");
  await assert.rejects(packageBot({ root }), /bot\/greet\.ts:1:22/);
});

test("runs at the same time leave whole zips and nothing else", async () => {
  const root = await project();
  const packages = await Promise.all(Array.from({ length: 8 }, () => packageBot({ root })));
  assert.equal(new Set(packages.map(({ path }) => path)).size, 1);
  const left = await readdir(join(root, "node_modules/.cache/infra"));
  assert.deepEqual(left, [packages[0]?.path.split("/").at(-1)]);
  await unzip(root, packages[0] as AppPackage);
});

test("nothing is written into the source tree", async () => {
  const root = await project();
  await Promise.all([packageBot({ root }), packageFunction({ root })]);
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const found = files
    .filter((file) => file.isFile() && !file.parentPath.includes("node_modules"))
    .map((file) => file.name);
  assert.deepEqual(
    found.sort(),
    Object.keys(sources)
      .map((name) => name.split("/").at(-1))
      .sort(),
  );
});

test("Web Chat's script is the one that was pinned, and is fetched once", async () => {
  const first = await webChatScript();
  assert.match(first.subarray(0, 2000).toString(), /webchat/i);
  assert.ok(first.length > 3_000_000);
  // With no npm to ask, a second time can only come from the cache.
  const path = process.env.PATH;
  process.env.PATH = "";
  try {
    assert.deepEqual(await webChatScript(), first);
    await assert.rejects(webChatScript(await folder()), /botframework-webchat@4\.18\.1\).*Run this once online/);
  } finally {
    process.env.PATH = path;
  }
});

test("a tarball with another hash than the pinned one is refused", () => {
  assert.throws(() => verify(new Uint8Array([1, 2, 3])), /another botframework-webchat@4\.18\.1 than expected/);
});

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), "package-"));
  folders.push(made);
  return made;
}

async function project(root?: string): Promise<string> {
  const at = root ?? (await folder());
  for (const [name, text] of Object.entries(sources)) {
    await mkdir(dirname(join(at, name)), { recursive: true });
    await writeFile(join(at, name), text);
  }
  return at;
}

async function unzip(root: string, { path }: AppPackage): Promise<Record<string, Uint8Array>> {
  return unzipSync(await readFile(join(root, path)));
}

/** SHA-256 over name, 0, size, 0, bytes of every file in the order of the names. */
function versionByHand(files: Record<string, Uint8Array>): string {
  const hash = createHash("sha256");
  for (const name of Object.keys(files).sort()) {
    const bytes = files[name] as Uint8Array;
    hash.update(Buffer.concat([Buffer.from(`${name}\0${bytes.length}\0`), bytes]));
  }
  return hash.digest("hex");
}

/** The SHA-256 of both zips, made by a process that lives in this time zone. */
async function zipsOf(root: string, zone: string): Promise<string[]> {
  const packages = join(__dirname, "../../../infra/deploy/package/app-package.ts");
  const code = `const { packageBot, packageFunction } = require(${JSON.stringify(packages)});
    const options = { root: ${JSON.stringify(root)}, webChatScript: Promise.resolve(Buffer.from("var WebChat;")) };
    Promise.all([packageBot(options), packageFunction(options)]).then((made) => console.log(JSON.stringify(made)));`;
  const env = { ...process.env, TZ: zone };
  const cwd = join(__dirname, "../../..");
  const { stdout } = await promisify(execFile)(process.execPath, ["-r", "tsx/cjs", "-e", code], { env, cwd });
  const made: AppPackage[] = JSON.parse(stdout);
  return Promise.all(
    made.map(async ({ path }) =>
      createHash("sha256")
        .update(await readFile(join(root, path)))
        .digest("hex"),
    ),
  );
}

async function versions(root: string): Promise<string[]> {
  const made = await Promise.all([packageBot({ root }), packageFunction({ root })]);
  return made.map(({ version }) => version);
}
