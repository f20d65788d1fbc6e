import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive } from "../../cli/stack/connection";
import { listen, stop } from "../../local/listen";
import { startStack } from "../harness/running-stack";

const root = path.resolve(__dirname, "../..");
const loaded = ["--disable-warning=DEP0040", "-r", "./local/node-version.cjs", "-r", "tsx/cjs"];

/** `npm start` without npm: what it said and how it ended. */
async function start(...args: string[]) {
  const child = spawn(process.execPath, [...loaded, "local/start.ts", ...args], { cwd: root });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (data) => {
    said.stdout += data;
  });
  child.stderr.on("data", (data) => {
    said.stderr += data;
  });
  const [code] = await once(child, "exit");
  return { code, ...said };
}

function homesOf(pid: number): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`proactive-bot-${pid}-`));
}

test("SIGTERM ends everything within two seconds and leaves no process, port or file", async () => {
  const stack = await startStack();
  const { page, bot, processes, caFile } = stack.description.local;
  const { milliseconds } = await stack.stop();
  assert.ok(milliseconds < 2_000, `it took ${milliseconds} ms`);
  for (const url of [page, bot]) await assert.rejects(fetch(url), { message: "fetch failed" });
  assert.ok(!existsSync(caFile));
  for (const { pid } of processes) assert.deepEqual(homesOf(pid), []);
});

test("an app that dies ends the stack with one clear sentence and exit code 1", async () => {
  const child = spawn(process.execPath, [...loaded, "local/start.ts", "--json", "--port", "0"], { cwd: root });
  let stderr = "";
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  const { local } = JSON.parse(String(await once(child.stdout, "data")));
  process.kill(local.processes.find(({ name }: { name: string }) => name === "bot").pid, "SIGKILL");
  const [code] = await once(child, "exit");
  assert.equal(code, 1);
  assert.match(stderr, /^The bot was killed by SIGKILL, so everything was stopped\./m);
});

test("the apps end when the stack's own process is killed, and the next start clears what it left", async () => {
  const stack = await startStack();
  const { processes } = stack.description.local;
  const [cloud, ...apps] = processes;
  assert.ok(cloud);
  process.kill(cloud.pid, "SIGKILL");
  for (let i = 0; i < 100 && apps.some(({ pid }) => isAlive(pid)); i++) await sleep(50);
  assert.deepEqual(
    apps.filter(({ pid }) => isAlive(pid)),
    [],
  );
  await takenPort((port) => start("--port", String(port))); // it gets as far as clearing up
  assert.deepEqual(homesOf(cloud.pid), []);
});

/** Runs `work` while a port is taken. */
async function takenPort<T>(work: (port: number) => Promise<T>): Promise<T> {
  const server = createServer();
  const port = await listen(server);
  try {
    return await work(port);
  } finally {
    await stop(server);
  }
}

test("a port that is taken is said in one sentence, with exit code 1", async () => {
  await takenPort(async (port) => {
    const { code, stderr } = await start("--port", String(port));
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`^\\nPort ${port} is taken by another program\\. .*--port.*\\n$`));
  });
});

test("an option that does not exist is said with what there is, with exit code 1", async () => {
  for (const args of [
    ["--prot", "1"],
    ["--port", "http"],
    ["--port", "70000"],
  ]) {
    const { code, stderr } = await start(...args);
    assert.equal(code, 1);
    assert.match(stderr, /--port N/);
  }
});

test("a Node that is too old is told what it needs", async () => {
  const pretend = `Object.defineProperty(process.versions, "node", { value: "18.20.4" });`;
  const script = `${pretend} require("./local/node-version.cjs"); console.log("went on")`;
  const child: ChildProcess = spawn(process.execPath, ["-e", script], { cwd: root });
  const said = { out: "", err: "" };
  child.stdout?.on("data", (data) => {
    said.out += data;
  });
  child.stderr?.on("data", (data) => {
    said.err += data;
  });
  const [code] = await once(child, "close");
  assert.deepEqual(
    { code, ...said },
    {
      code: 1,
      out: "",
      err: "This needs Node 20.17 or newer, and this is Node 18.20.4. Azure runs Node 22.\n",
    },
  );
});
