import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, constants, tmpdir } from "node:os";
import path from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { type Job, type Result, run } from "./runner/job";
import { jobsOf, suites, usual } from "./runner/suites";
import { report, summary } from "./runner/summary";

const description = `Runs test files side by side, each in a process of its own, and ends with one summary.

A suite is a folder of test/; "check" is format, lint and types. Without a name these run: ${usual.join(", ")}.`;

const examples = `
Exit codes: 0 all passed, 1 something failed, 2 invalid usage.

Examples:
  npm test -- flow attack
  npm test -- test/flow/life.test.ts`;

/** Many files wait more than they compute. */
const usualJobs = Math.min(4, availableParallelism() + 2);

/** `npm test` */
async function main(): Promise<void> {
  const command = new Command("npm test --")
    .usage("[options] [suite | folder | file]...")
    .description(description)
    .argument("[names...]")
    .option("--all", "every suite")
    .option("--jobs <N>", "how many files run at a time", count, usualJobs)
    .helpOption("-h, --help", "this text")
    .addHelpText("after", examples)
    .exitOverride(({ exitCode }) => process.exit(exitCode ? 2 : 0))
    .parse();
  const { all, jobs } = command.opts<{ all?: boolean; jobs: number }>();
  const there = suites();
  const names = command.args.length ? command.args : all ? there : usual.filter((name) => there.includes(name));
  const reports = mkdtempSync(path.join(tmpdir(), "test-reports-"));
  process.on("exit", () => rmSync(reports, { recursive: true, force: true }));
  const chosen = names.map((name) => ({ name, jobs: jobsOf(name, reports) }));
  const unknown = chosen.find((one) => one.jobs.length === 0);
  if (unknown) command.error(`"${unknown.name}" is no test file, and no suite. The suites are: ${there.join(", ")}.`);
  process.exitCode = await runAll(
    chosen.flatMap((one) => one.jobs),
    jobs,
  );
}

function count(text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError("It must be a whole number from 1.");
  return Number(text);
}

/** Runs all of it, also after a failure. Returns the exit code. */
async function runAll(jobs: Job[], atOnce: number): Promise<number> {
  const begin = performance.now();
  const waiting = [...jobs];
  const children = new Set<ChildProcess>();
  const results: Result[] = [];
  let stopped: NodeJS.Signals | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      stopped = signal;
      waiting.length = 0;
      for (const child of children) child.kill(signal);
    });
  }
  const work = async () => {
    for (let job = waiting.shift(); job; job = waiting.shift()) {
      const result = await run(job, (child) => children.add(child.once("exit", () => children.delete(child))));
      if (stopped) return;
      results.push(result);
      console.log(report(result));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  console.log(`\n${summary(results, (performance.now() - begin) / 1000)}`);
  if (!stopped) return results.some(({ failures }) => failures.length > 0) ? 1 : 0;
  console.error(`\nStopped by ${stopped}: ${jobs.length - results.length} of ${jobs.length} did not run to the end.`);
  return 128 + constants.signals[stopped];
}

main();
