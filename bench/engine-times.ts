import { writeFileSync } from "node:fs";
import path from "node:path";
import { ServedCloud } from "../local/served-cloud";
import { CleanUp } from "../test/harness/clean-up";
import { EngineProject } from "../test/harness/engine-project";
import { Pulumi, type PulumiStack } from "../test/harness/pulumi";
import { median } from "./percentiles";

/** Number of previews of each program. Both programs take turns, so that they have the same conditions. */
const previews = 5;

/** Milliseconds of `pulumi preview` without changes. Medians. */
export interface Preview {
  program: number;
  /** A Pulumi program without resources. */
  empty: number;
  ratio: number;
  previews: number;
}

/** Milliseconds of Pulumi's commands on the real engine, with stand-ins for the apps and without type checks. */
export interface Lifecycle {
  resources: number;
  preview: number;
  up: number;
  upAgain: number;
  destroy: number;
}

export interface EngineTimes {
  /** Repeated previews. ts-node caches its type check until a source file changes. */
  unchanged: Preview;
  /** Milliseconds of the first preview after a change, which checks the program's types. */
  checking: number;
  lifecycle: Lifecycle;
}

/** Measures the program on the real engine, and an empty program for comparison. */
export async function timeEngine(say: (line: string) => void): Promise<EngineTimes> {
  const cleanUp = new CleanUp();
  try {
    return await measure(cleanUp, say);
  } finally {
    await cleanUp.now();
  }
}

async function measure(cleanUp: CleanUp, say: (line: string) => void): Promise<EngineTimes> {
  const cloud = await ServedCloud.open({ apps: "stand-in", log: () => {} });
  cleanUp.add(() => cloud.close());
  const program = await stackOf(EngineProject.make(), cleanUp, cloud.env, cloud.config);
  const empty = await stackOf(emptyProject(), cleanUp, cloud.env);
  await empty.up();
  say("The program on the real engine");
  const preview = await time(() => program.preview());
  const up = await time(() => program.up());
  const upAgain = await time(() => program.up());
  say(`${previews} previews without changes, of the program and of an empty one`);
  await previewChecked(empty);
  const checking = await time(() => previewChecked(program));
  const unchanged = await compare(program, empty);
  const resources = JSON.parse(await program.export()).deployment.resources.length;
  const destroy = await time(() => program.destroy());
  return { unchanged, checking, lifecycle: { resources, preview, up, upAgain, destroy } };
}

async function stackOf(
  project: EngineProject,
  cleanUp: CleanUp,
  env: Record<string, string>,
  config: Record<string, string> = {},
): Promise<PulumiStack> {
  cleanUp.add(async () => project.remove());
  return (await Pulumi.open(project, env)).stack("bench", config);
}

/** A program without resources, with the same compiler options and packages. */
function emptyProject(): EngineProject {
  const project = EngineProject.make();
  writeFileSync(path.join(project.folder, "infra/index.ts"), "export {};\n");
  return project;
}

async function compare(program: PulumiStack, empty: PulumiStack): Promise<Preview> {
  const times: [number[], number[]] = [[], []];
  for (let run = 0; run < previews; run++) {
    for (const [index, stack] of [program, empty].entries()) {
      times[index]?.push(await time(() => previewChecked(stack)));
    }
  }
  const [ofProgram, ofEmpty] = [median(times[0]), median(times[1])];
  return { program: ofProgram, empty: ofEmpty, ratio: ofProgram / ofEmpty, previews };
}

/** Runs a preview with type checks, as users do. */
function previewChecked({ name, pulumi }: PulumiStack): Promise<string> {
  return pulumi.succeed(["preview", "--stack", name], { PULUMI_NODEJS_TRANSPILE_ONLY: "false" });
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}
