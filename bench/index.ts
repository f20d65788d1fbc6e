import { availableParallelism, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { CleanUp } from "./clean-up";
import { Floor } from "./floor/floor";
import { type Memory, MemoryWatch } from "./memory";
import { npmStart } from "./npm-start";
import { median, percentiles } from "./percentiles";
import { pollingSettings } from "./polling";
import { report } from "./report";
import type { Results, RoundTrips } from "./results";
import { conversations, idleRoundTrips, loadedRoundTrips } from "./round-trip";
import { stackTalkers } from "./stack-talker";
import type { OpenTalker } from "./talker";

/** The last one is kept and talked to. */
const starts = 3;

const help = `npm run bench -- [options]

  --json   print only the line of JSON
  --help   this text
`;

/** `npm run bench`: how fast and how large the stack is on this machine, beside what the machine allows at best. */
async function bench(cleanUp: CleanUp): Promise<Results> {
  const machine = describeMachine();
  const { stack, readyAfter, memory } = await startSeveralTimes(cleanUp);
  say("Starting the floor");
  const floor = await Floor.open();
  cleanUp.add(() => floor.close());
  const { idle, loaded } = await roundTrips(stackTalkers(stack.description), floor.talkers).catch((error) => {
    throw new Error(`${(error as Error).message}${stack.lastLines()}`);
  });
  return { machine, ready: { seconds: median(readyAfter), starts: readyAfter }, idle, loaded, memory: memory() };
}

async function roundTrips(real: OpenTalker, floor: OpenTalker) {
  const polling = pollingSettings();
  say("One conversation, idle (two minutes); stack and floor beside each other, so that they see the same machine");
  const idle = await Promise.all([idleRoundTrips(real, polling), idleRoundTrips(floor, polling)]);
  say(`${conversations} conversations at once; stack and floor in turn`);
  const loaded = await loadedRoundTrips(real, floor);
  return { idle: compare(idle), loaded: { conversations, ...compare(loaded) } };
}

async function startSeveralTimes(cleanUp: CleanUp) {
  const readyAfter: number[] = [];
  for (;;) {
    say(`npm start, ${readyAfter.length + 1} of ${starts}`);
    let watch: MemoryWatch | undefined;
    const stack = await npmStart((pid) => {
      watch = MemoryWatch.begin(pid);
    });
    readyAfter.push(stack.readyAfter / 1000);
    const stop = () => stack.stop();
    cleanUp.add(stop);
    const memory = (): Memory | null => watch?.end(stack.description.local.processes) ?? null;
    if (readyAfter.length === starts) return { stack, readyAfter, memory };
    memory();
    await stop();
  }
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

function say(line: string): void {
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
