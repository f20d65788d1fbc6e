import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { eventually } from "../../harness/eventually";
import { isRunning } from "../../harness/is-running";

const root = path.resolve(__dirname, "../../..");

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(tmpdir(), "runner-"));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a test file. Returns its name. */
function write(name: string, code: string): string {
  const file = path.join(folder, `${name}.test.ts`);
  writeFileSync(
    file,
    `import assert from "node:assert/strict";\nimport { before, describe, test } from "node:test";\n${code}`,
  );
  return file;
}

function start(args: string[], env: NodeJS.ProcessEnv = {}) {
  const { CI: _, ...own } = process.env;
  const child = spawn(process.execPath, ["scripts/run.cjs", "test/run.ts", ...args], {
    cwd: root,
    env: { ...own, ...env },
  });
  const said = { out: "", err: "" };
  child.stdout.on("data", (data) => {
    said.out += data;
  });
  child.stderr.on("data", (data) => {
    said.err += data;
  });
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.once("close", (code) => resolve({ code, ...said }));
  });
  return { child, ended };
}

/** Its rows of the summary, without the seconds. */
function rows(out: string): string[][] {
  const lines = out.split("\n").filter((line) => /^(files|all) /.test(line));
  return lines.map((line) => line.split(/ +/).slice(0, -1));
}

test("every file runs although others fail, and each failure is there in full, and again in the summary", async () => {
  const good = write(
    "good",
    `test("one", () => {}); describe("group", () => { test("two", () => {}); test("left out", { skip: "no tool" }, () => {}); });`,
  );
  const bad = write(
    "bad",
    `test("fine", () => {});
     describe("outer", () => { test("inner", async (t) => { await t.test("deep", () => assert.deepEqual({ a: 1 }, { a: 2 })); }); });
     console.log("what the file wrote");`,
  );
  const hook = write("hook", `before(() => { throw new Error("no stack came up"); }); test("needs it", () => {});`);
  const broken = write("broken", `throw new Error("this file does not load");`);
  const killed = write("killed", `test("stops", () => process.kill(process.pid, "SIGKILL"));`);
  const empty = write("empty", "");
  const { code, out } = await start([bad, hook, broken, killed, empty, good]).ended;
  assert.equal(code, 1);
  assert.match(out, /^ok .* \S*good\.test\.ts {2}2 passed, 1 skipped$/m);
  assert.match(out, /^FAIL .* \S*bad\.test\.ts {2}1 passed, 1 failed$/m);
  assert.match(out, /outer > inner > deep\n +AssertionError \[ERR_ASSERTION\].*\n(.*\n)+? .*-.*a: 2/);
  assert.match(out, /what the file wrote/);
  assert.match(out, /no stack came up/);
  assert.match(out, /this file does not load/);
  const { 1: listed = "" } = out.split("\nFailed:\n");
  assert.match(listed, /bad\.test\.ts: outer > inner > deep\n/);
  assert.match(listed, /killed\.test\.ts: The process was ended by SIGKILL\.\n/);
  assert.match(listed, /empty\.test\.ts: The file has no test\.\n/);
  assert.match(listed, /\nSkipped:\n {2}\S*good\.test\.ts: no tool\n$/);
  for (const row of rows(out)) assert.deepEqual(row.slice(1), ["6", "3", "5", "1"]);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
  assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f]/);
});

test("all that passes is exit code 0; in CI a skipped test is a failure", async () => {
  const file = write("skips", `test("one", () => {}); test("two", { skip: "no browser" }, () => {});`);
  assert.equal((await start([file]).ended).code, 0);
  const { code, out } = await start([file], { CI: "true" }).ended;
  assert.equal(code, 1);
  assert.match(out, /two\n +It was skipped, and CI runs every test: no browser/);
});

test("a name that is no suite and no file is refused with the suites that are there, as exit code 2", async () => {
  const { code, out, err } = await start(["flaw"]).ended;
  assert.deepEqual([code, out], [2, ""]);
  assert.match(err, /^"flaw" is no test file, and no suite\. The suites are: check, flow, .*workflows\.\n$/);
});

test("a folder and a suite stand for their files", async () => {
  write("good", `test("one", () => {});`);
  for (const name of ["bad", "hook", "broken", "killed", "empty", "skips"])
    rmSync(path.join(folder, `${name}.test.ts`), { force: true });
  const { code, out } = await start([folder]).ended;
  assert.deepEqual([code, rows(out)[0]], [0, ["files", "1", "1", "0", "0"]]);
});

for (const [signal, expected] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const) {
  test(`${signal} ends the files and what they have started, and the summary tells what had passed`, async () => {
    const started = path.join(folder, `started-${signal}`);
    const good = write("good", `test("one", () => {});`);
    const sleeper = write(
      "sleeper",
      `import { spawn } from "node:child_process"; import { writeFileSync } from "node:fs";
       const child = spawn("sleep", ["600"]); process.once("exit", () => child.kill());
       writeFileSync(${JSON.stringify(started)}, String(child.pid));
       test("sleeps", () => new Promise(() => setInterval(() => {}, 1_000)));`,
    );
    const never = write("never", `test("never", () => {});`);
    const { child, ended } = start(["--jobs", "1", good, sleeper, never]);
    await eventually("the file has started its child", () => existsSync(started) && readFileSync(started, "utf8"));
    child.kill(signal);
    const { code, out, err } = await ended;
    assert.deepEqual([code, rows(out)[0]], [expected, ["files", "1", "1", "0", "0"]]);
    assert.equal(err, `\nStopped by ${signal}: 2 of 3 did not run to the end.\n`);
    await eventually("its child is gone", () => !isRunning(Number(readFileSync(started, "utf8"))));
  });
}
