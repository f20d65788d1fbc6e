import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";

const root = path.resolve(__dirname, "../../..");

/** A repository that holds the launcher only. */
let fork: string;
before(() => {
  fork = mkdtempSync(path.join(tmpdir(), "fork-"));
  mkdirSync(path.join(fork, "scripts"));
  for (const file of ["scripts/run.cjs", "scripts/typescript.cjs"])
    copyFileSync(path.join(root, file), path.join(fork, file));
});
after(() => rmSync(fork, { recursive: true, force: true }));

function node(args: string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  const { npm_lifecycle_event: _, ...own } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd,
    env: { ...own, ...env },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("a Node that is too old is refused with the version that is needed", () => {
  const pretend = `Object.defineProperty(process.versions, "node", { value: "18.20.4" }); require("./scripts/run.cjs");`;
  const stderr = "This needs Node 20.17 or newer, and this is Node 18.20.4. Azure runs Node 22.\n";
  assert.deepEqual(node(["-e", pretend], root), { status: 1, stdout: "", stderr });
});

test("each npm script whose folder a fork has deleted says so, and what to do", () => {
  const { scripts } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const launched = Object.entries(scripts).filter(([, script]) =>
    /^node scripts\/run\.cjs (local|test|bench)\//.test(script),
  );
  assert.ok(launched.length >= 5);
  for (const [name, script] of launched) {
    const [, ...args] = script.split(" ");
    const { status, stdout, stderr } = node(args, fork, { npm_lifecycle_event: name });
    assert.deepEqual([status, stdout], [1, ""], name);
    assert.match(
      stderr,
      new RegExp(`^"npm run ${name}" needs ${args[1]}, which this repository does not have\\. Copy .*\\.\\n$`),
    );
  }
});

test("a repository without its packages is told to install them", () => {
  writeFileSync(path.join(fork, "hello.ts"), "");
  const { status, stderr } = node(["scripts/run.cjs", "hello.ts"], fork);
  assert.deepEqual([status, stderr], [1, 'The packages are not installed. Run "npm ci" first.\n']);
});

test("the file gets its arguments, and nothing is said of punycode", () => {
  const file = path.join(fork, "tell.ts");
  writeFileSync(file, 'require("punycode"); console.log(process.argv.slice(1).join(" ") as string)');
  const { status, stdout, stderr } = node(["scripts/run.cjs", path.relative(root, file), "--port", "1"], root);
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: `${file} --port 1\n`, stderr: "" });
});
