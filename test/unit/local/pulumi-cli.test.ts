import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { buildGoTool, type GoTool } from "../../../local/pulumi-cli/go-tool";
import { findOrBuildPulumiCli, findPulumiCli } from "../../../local/pulumi-cli/pulumi-cli";
import { isRunning } from "../../harness/is-running";

const root = path.resolve(__dirname, "../../..");
const inherited = { PATH: process.env.PATH, XDG_CACHE_HOME: process.env.XDG_CACHE_HOME };
const hello: GoTool = {
  command: "example.com/hello/cmd/hello",
  module: "example.com/hello",
  version: "v1.2.3",
  replace: { "example.com/old": "example.com/new v0.1.0" },
  ldflags: "-s -w",
  takes: "a moment",
};

let folder: string;
let bin: string;
let cache: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "pulumi-cli-"));
  bin = path.join(folder, "bin");
  cache = path.join(folder, "cache");
  mkdirSync(bin);
  Object.assign(process.env, { PATH: `${bin}:/usr/bin:/bin`, XDG_CACHE_HOME: cache });
});
afterEach(() => {
  Object.assign(process.env, inherited);
  if (inherited.XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
  rmSync(folder, { recursive: true, force: true });
});

/** Puts a program on PATH. */
function install(name: string, script: string, into = bin): string {
  const file = path.join(into, name);
  mkdirSync(into, { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

/** A `go` that builds scripts. Its calls are in the file `calls`; `$out` is what it is to make. */
function installGo(build = 'printf "#!/bin/sh\\necho v3.259.0\\n" > "$out" && chmod +x "$out"'): void {
  install(
    "go",
    `echo "$PWD $@" >> ${folder}/calls
     [ "$1" = mod ] && cp go.mod tools.go ${folder} && exit 0
     while [ "$1" != -o ]; do shift; done
     out=$2
     ${build}`,
  );
}

/** Every call of `go`: its folder and arguments. */
function calls(): string {
  return readFileSync(path.join(folder, "calls"), "utf8");
}

/** `npm run engine`, without npm. */
function engine(env: Record<string, string> = {}) {
  const args = ["scripts/run.cjs", "local/pulumi-cli/engine.ts"];
  const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, ...env } });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) =>
    child.once("close", (code) => resolve({ code, stdout, stderr })),
  );
  return { child, ended };
}

test("an installed pulumi is used as it is, and nothing is built", async () => {
  const file = install("pulumi", "echo v3.300.0");
  install("pulumi-language-nodejs", "");
  installGo();
  assert.deepEqual(await engine().ended, { code: 0, stdout: `Installed: pulumi v3.300.0, ${file}\n`, stderr: "" });
  assert.ok(!existsSync(cache));
});

test("an installed pulumi without the host for Node programs is warned of in one line", async () => {
  const file = install("pulumi", "echo v3.300.0");
  const { code, stderr } = await engine().ended;
  assert.equal(code, 0);
  assert.match(
    stderr,
    new RegExp(`^pulumi-language-nodejs is missing: it is neither next to ${file} nor on PATH.*\\n$`),
  );
});

test("without pulumi and without go one sentence says so, with exit code 1", async () => {
  const { code, stdout, stderr } = await engine({ PATH: bin }).ended;
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.match(stderr, /^Neither pulumi nor go is on PATH\. .*\n$/);
});

test("without pulumi both programs are built once, and used from then on", async () => {
  installGo();
  const said: string[] = [];
  assert.equal(findPulumiCli(), undefined);
  const built = await findOrBuildPulumiCli((line) => said.push(line));
  const programs = path.join(cache, "proactive-bot/pulumi-v3.259.0");
  assert.equal(built?.pulumi, path.join(programs, "pulumi"));
  assert.deepEqual(readdirSync(programs).sort(), ["pulumi", "pulumi-language-nodejs"]);
  assert.match(said.join("\n"), /Building pulumi v3\.259\.0\. The first build takes about five minutes\./);
  const before = calls();
  assert.deepEqual(await findOrBuildPulumiCli(() => {}), built);
  assert.equal(calls(), before);
});

test("a tool is built in a module of its own, from the versions that the tool asks for", async () => {
  installGo();
  const file = await buildGoTool(hello, () => {});
  assert.equal(file, path.join(cache, "proactive-bot/hello-v1.2.3/hello"));
  const module = readFileSync(path.join(folder, "go.mod"), "utf8");
  assert.match(module, /^require example\.com\/hello v1\.2\.3$/m);
  assert.match(module, /^replace example\.com\/old => example\.com\/new v0\.1\.0$/m);
  assert.match(readFileSync(path.join(folder, "tools.go"), "utf8"), /^import _ "example\.com\/hello\/cmd\/hello"$/m);
  assert.match(calls(), /^(\S+) mod tidy\n\1 build -ldflags -s -w -o \S+ example\.com\/hello\/cmd\/hello\n$/);
});

test("a build that fails says what Go said and leaves nothing", async () => {
  installGo('echo half > "$out"; echo "hello.go:1: not Go" >&2; exit 2');
  await assert.rejects(
    buildGoTool(hello, () => {}),
    { message: "go build failed: code 2\nhello.go:1: not Go" },
  );
  assert.deepEqual(readdirSync(path.join(cache, "proactive-bot/hello-v1.2.3")), []);
});

test("who waits for a build is told every ten seconds how far it is", { timeout: 60_000 }, async (context) => {
  installGo(`until [ -e ${folder}/go-on ]; do sleep 0.02; done; echo > "$out"`);
  const said: string[] = [];
  context.mock.timers.enable({ apis: ["setInterval"] });
  const built = buildGoTool(hello, (line) => said.push(line));
  while (said.length === 0) await new Promise(setImmediate);
  context.mock.timers.tick(20_000);
  assert.equal(said.length, 3);
  assert.match(String(said.at(-1)), /^Building hello v1\.2\.3: \d+ s elapsed of a moment\.$/);
  writeFileSync(path.join(folder, "go-on"), "");
  await built;
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} stops a build with all that Go started, and leaves nothing`, { timeout: 60_000 }, async () => {
    installGo(`echo half > "$out"; sleep 600 & echo $! > ${folder}/compiler; wait`);
    const { child, ended } = engine();
    const compiler = path.join(folder, "compiler");
    while (!existsSync(compiler) || !readFileSync(compiler, "utf8")) await sleep(20);
    child.kill(signal);
    const { code, stderr } = await ended;
    assert.deepEqual(
      { code, stderr },
      { code: signal === "SIGINT" ? 130 : 143, stderr: `The build was stopped by ${signal}.\n` },
    );
    assert.deepEqual(readdirSync(path.join(cache, "proactive-bot/pulumi-v3.259.0")), []);
    const pid = Number(readFileSync(compiler, "utf8"));
    while (isRunning(pid)) await sleep(20); // hangs where it lives on
  });
}
