import { parseArgs } from "node:util";
import { CleanUp } from "../../harness/clean-up";
import { EngineProject } from "../../harness/engine-project";
import { Pulumi, type PulumiStack } from "../../harness/pulumi";
import { choose } from "./choose";
import { describe, type Place } from "./fault";
import { FaultyCloud } from "./faulty-cloud";
import { allJourneys, type Journey, pointsOf } from "./journey";
import { travel } from "./travel";

const help = `npm run sweep -- [options]

Lets every resource of the program fail once while it is made and while it is deleted, and looks whether pulumi recovers.

  --journeys N   only N of them, chosen at random
  --seed S       the same N again
  --only TEXT    only those whose description has this text
  --help         this text
`;

interface Options {
  journeys?: string;
  seed: number;
  only: string;
}

async function sweep(options: Options, cleanUp: CleanUp): Promise<void> {
  const cloud = await FaultyCloud.open();
  cleanUp.add(() => cloud.close());
  const project = EngineProject.make();
  cleanUp.add(async () => project.remove());
  const pulumi = await Pulumi.open(project, cloud.env);
  const stack = await pulumi.stack("sweep", cloud.served.config);
  await sweepAll(await plan(options, stack), stack, cloud);
}

async function plan({ journeys, seed, only }: Options, stack: PulumiStack): Promise<Journey[]> {
  const all = allJourneys(await places(stack), isDeleted).filter(({ create }) => describe(create).includes(only));
  if (all.length === 0) throw new Error(`No journey is described with "${only}".`);
  if (journeys === undefined) return all;
  say(`${journeys} of ${all.length} journeys, chosen by --seed ${seed}`);
  return choose(all, Number(journeys), seed);
}

/** What the program makes with a provider of this cloud. Code is released by the program itself: test/fault has its mishaps. */
async function places(stack: PulumiStack): Promise<Place[]> {
  const made = (await stack.preview()).filter(
    ({ op, type }) => op === "create" && /^(azure-native|random):/.test(type),
  );
  return made.map(({ type, name }) => ({ type, name }));
}

/** Secrets go with their vault, the plan with its group. */
function isDeleted({ type }: Place): boolean {
  return !["azure-native:keyvault:Secret", "azure-native:web:AppServicePlan"].includes(type);
}

async function sweepAll(journeys: Journey[], stack: PulumiStack, cloud: FaultyCloud): Promise<void> {
  const started = Date.now();
  const byHand = new Set<string>();
  for (const [index, journey] of journeys.entries()) {
    const faults = [journey.create, journey.delete].flatMap((fault) => (fault ? [describe(fault)] : []));
    const seconds = Math.round((Date.now() - started) / 1000);
    say(`${index + 1} of ${journeys.length}, after ${seconds} s: ${faults.join(", then ")}`);
    const arrival = await travel(journey, stack, cloud);
    if (arrival.byHand.length) byHand.add(describe(journey.create));
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  say(`Swept ${pointsOf(journeys)} points in ${seconds} s: each up and destroy recovered, and nothing was left.`);
  if (byHand.size)
    say(`Before ${byHand.size} of them could go on, one resource had to be removed by hand (docs/azure.md).`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function readOptions(): Options | undefined {
  const { values } = parseArgs({
    options: {
      journeys: { type: "string" },
      seed: { type: "string", default: String(Math.floor(Math.random() * 1e6)) },
      only: { type: "string", default: "" },
      help: { type: "boolean", short: "h" },
    },
  });
  for (const name of ["journeys", "seed"] as const) {
    if (!/^\d+$/.test(values[name] ?? "0")) throw new Error(`--${name} must be a whole number`);
  }
  return values.help ? undefined : { ...values, seed: Number(values.seed) };
}

/** @returns the exit code */
async function main(): Promise<number> {
  const options = readOptions();
  if (!options) {
    process.stdout.write(help);
    return 0;
  }
  const cleanUp = new CleanUp();
  try {
    await sweep(options, cleanUp);
    return 0;
  } finally {
    await cleanUp.now();
  }
}

main().then(
  (code) => process.exit(code),
  (error) => {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  },
);
