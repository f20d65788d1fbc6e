import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

export const root = path.resolve(__dirname, "../..");

/** Milliseconds for one job; those on the Pulumi engine take minutes. */
const limit = 20 * 60_000;

/** Milliseconds for the rest of its output. A process that it has left behind may keep the pipe open for ever. */
const outputLimit = 1_000;

/** A process of its own: one test file, or a program that checks the sources. */
export interface Job {
  suite: string;
  /** The file from the repository's root, or the command. */
  name: string;
  /** Arguments of node. */
  args: string[];
  /** Where a test file's process writes its reports. */
  reports?: string;
}

export interface Failure {
  /** Of the test, after those of the groups that it is in. */
  name: string;
  text: string;
}

export interface Result {
  job: Job;
  seconds: number;
  /** How many tests. */
  passed: number;
  failures: Failure[];
  /** The reason of each skipped test. */
  skipped: string[];
  /** Everything that the process wrote on stdout and stderr. */
  output: string;
}

/** A line of the reporter. */
interface Report {
  name: string;
  skip?: string | boolean;
  failure?: string;
}

/** @param folder for its reports */
export function testFile(suite: string, name: string, folder: string): Job {
  const reports = path.join(folder, `${name.replace(/[\\/]/g, "_")}.ndjson`);
  const reporter = path.join(__dirname, "reporter.cjs");
  const report = [`--test-reporter=${pathToFileURL(reporter)}`, `--test-reporter-destination=${reports}`];
  // Node loads the reporter with the first test; its signal handlers are needed before.
  const loaded = ["-r", reporter, "-r", path.join(root, "scripts/typescript.cjs")];
  return { suite, name, reports, args: ["--disable-warning=DEP0040", ...loaded, ...report, name] };
}

/** A program of a package, such as `typescript/bin/tsc`. */
export function program(suite: string, file: string, ...args: string[]): Job {
  return { suite, name: [path.basename(file), ...args].join(" "), args: [require.resolve(file), ...args] };
}

/** Resolves when the process has ended, however it did. */
export async function run(job: Job, onStart: (child: ChildProcess) => void): Promise<Result> {
  const begin = performance.now();
  // The first would put control characters into failures, the second would make node:test report to a run around this one.
  const { FORCE_COLOR: _, NODE_TEST_CONTEXT: __, ...env } = process.env;
  const child = spawn(process.execPath, job.args, {
    cwd: root,
    env: { ...env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onStart(child);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = child.kill("SIGKILL");
  }, limit);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const how = await ended(child);
  const end = isLate ? `did not end within ${limit / 60_000} minutes` : how;
  clearTimeout(timer);
  return { job, seconds: (performance.now() - begin) / 1000, ...outcome(job, end), output };
}

/** Resolves to how it ended, in words; empty where all went well. */
function ended(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", ({ message }) => resolve(`could not be started: ${message}`));
    child.once("exit", async (code, signal) => {
      const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
      await Promise.race([once(child, "close"), sleep(outputLimit)]);
      resolve(code === 0 ? "" : how);
    });
  });
}

function outcome({ reports }: Job, end: string): Pick<Result, "passed" | "failures" | "skipped"> {
  const all = reports ? read(reports) : [];
  const failures: Failure[] = [];
  const skipped: string[] = [];
  for (const { name, skip, failure } of all) {
    const reason = typeof skip === "string" ? skip : name;
    if (failure !== undefined) failures.push({ name, text: failure });
    else if (skip !== undefined && process.env.CI)
      failures.push({ name, text: `It was skipped, and CI runs every test: ${reason}` });
    else if (skip !== undefined) skipped.push(reason);
  }
  const passed = all.length - failures.length - skipped.length;
  if (end && failures.length === 0) failures.push({ name: `The process ${end}.`, text: "" });
  if (reports && all.length === 0 && !end) failures.push({ name: "The file has no test.", text: "" });
  return { passed, failures, skipped };
}

/** None where the process ended before it reported. */
function read(file: string): Report[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line));
}
