import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { test } from "node:test";
import { homePrefix } from "../../cli/stack/homes";
import { isAlive } from "../../cli/stack/is-alive";
import { listen, stop } from "../../local/listen";
import { startOptions } from "../../local/start-options";
import { eventually } from "../harness/eventually";
import { startStack } from "../harness/running-stack";

const root = path.resolve(__dirname, "../..");
const script = ["scripts/run.cjs", "local/start.ts"];

/** `npm start` without npm: what it said and how it ended. */
async function start(...args: string[]) {
  const child = spawn(process.execPath, [...script, ...args], { cwd: root });
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
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`${homePrefix}${pid}-`));
}

test("SIGTERM ends everything within two seconds and leaves no process, port or file", async () => {
  const took: number[] = [];
  while (!took.some((milliseconds) => milliseconds < 2_000)) {
    const stack = await startStack();
    const { page, bot, processes, caFile } = stack.description.local;
    took.push((await stack.stop()).milliseconds);
    for (const url of [page, bot]) await assert.rejects(fetch(url), { message: "fetch failed" });
    assert.ok(!existsSync(caFile));
    for (const { pid } of processes) assert.deepEqual(homesOf(pid), []);
    assert.ok(took.length < 4, `it took ${took} ms`); // other programs may take the processor once or twice
  }
});

test("an app that dies ends the stack with one clear sentence and exit code 1", async () => {
  const child = spawn(process.execPath, [...script, "--json", "--port", "0"], { cwd: root });
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
  await eventually("the apps have ended", () => !apps.some(({ pid }) => isAlive(pid)));
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
    assert.match(stderr, new RegExp(`^\\nPort ${port} is in use by another program\\. .*--port.*\\n$`));
  });
});

test("an option that does not exist is said with what there is, with exit code 1", async () => {
  const { code, stderr } = await start("--prot", "1");
  assert.equal(code, 1);
  assert.match(stderr, /^ +--port N/m);
  for (const port of ["http", "70000"]) {
    assert.throws(() => startOptions(["--port", port]), {
      message: `--port is "${port}": it must be a number from 0 to 65535.`,
    });
  }
});
