import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import type { AppName } from "../local/cloud/local-cloud";
import type { StackDescription } from "../local/stack-description";
import { CleanUp } from "../test/harness/clean-up";
import { skipWithoutPulumi } from "../test/harness/pulumi";
import { trustStack } from "../test/harness/trust-stack";
import { timeEngine } from "./engine-times";
import { Floor } from "./floor/floor";
import { percentiles } from "./percentiles";
import { pollingSettings } from "./polling";
import { report } from "./report";
import type { Results, RoundTrips } from "./results";
import { conversations, idleRoundTrips, loadedRoundTrips } from "./round-trip";
import { stackUsers } from "./stack-user";
import { deployedZip } from "./start-up/deployed";
import { timeStartUp } from "./start-up/start-up";
import { startSeveralTimes } from "./starts";
import type { OpenUser } from "./virtual-user";

/** Number of starts. The last stack keeps running for the other measurements. */
const starts = 3;

const help = `npm run bench -- [options]

  --json   print only the results as one line of JSON
  --help   show this text
`;

/** `npm run bench`: measures times, sizes and memory of the stack on this machine, and the lower bound of its round trips. */
async function bench(cleanUp: CleanUp): Promise<Results> {
  const machine = describeMachine();
  const { stack, memory, ...started } = await startSeveralTimes(starts, cleanUp, log);
  trustStack(stack);
  const apps = await measureApps(stack.description, cleanUp);
  const engine = skipWithoutPulumi ? null : await timeEngine(log);
  log("Starting the floor");
  const floor = await Floor.open();
  cleanUp.add(() => floor.close());
  const { idle, loaded } = await roundTrips(stackUsers(stack.description), floor.openUser).catch((error) => {
    throw new Error(`${(error as Error).message}${stack.lastLines()}`);
  });
  return { machine, ...started, ...apps, engine, idle, loaded, memory: memory() };
}

/** Measures the deployed apps of a running stack. */
async function measureApps(stack: StackDescription, cleanUp: CleanUp): Promise<Pick<Results, "size" | "startUp">> {
  const home = mkdtempSync(path.join(tmpdir(), "proactive-bench-"));
  cleanUp.add(() => rm(home, { recursive: true, force: true }));
  const measure = async (app: AppName) => {
    log(`Starting the ${app} alone, bundled and unbundled`);
    const zip = await deployedZip(app, stack);
    return { size: zip.length, startUp: await timeStartUp(app, zip, stack, path.join(home, app)) };
  };
  const [bot, fn] = [await measure("bot"), await measure("function")];
  return { size: { bot: bot.size, function: fn.size }, startUp: { bot: bot.startUp, function: fn.startUp } };
}

async function roundTrips(real: OpenUser, floor: OpenUser) {
  const polling = pollingSettings();
  log(
    "One conversation, idle (a minute and a half). Stack and floor run at the same time, so that both have the same conditions",
  );
  const idle = await Promise.all([idleRoundTrips(real, polling), idleRoundTrips(floor, polling)]);
  log(`${conversations} conversations at once. Stack and floor take turns`);
  const loaded = await loadedRoundTrips(real, floor);
  return { idle: compare(idle), loaded: { conversations, ...compare(loaded) } };
}

function compare([real = [], floor = []]: number[][]): RoundTrips {
  const [stackTimes, floorTimes] = [percentiles(real), percentiles(floor)];
  return { ...stackTimes, floor: floorTimes, ratio: stackTimes.p50 / floorTimes.p50 };
}

function describeMachine(): Results["machine"] {
  return {
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpus: availableParallelism(),
    load: loadavg()[0] ?? 0,
  };
}

function log(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: "boolean" }, help: { type: "boolean", short: "h" } } });
  if (values.help) return void process.stdout.write(help);
  const cleanUp = new CleanUp();
  try {
    const results = await bench(cleanUp);
    if (!values.json) process.stdout.write(`\n${report(results)}\n\n`);
    process.stdout.write(`${JSON.stringify(results)}\n`);
  } finally {
    await cleanUp.now();
  }
}

main().then(
  () => process.exit(),
  (error) => {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  },
);
