import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";

export const root = path.resolve(__dirname, "../..");

/** A step of a job or of a composite action; one of `run` and `uses` is there. */
export interface WorkflowStep {
  id?: string;
  if?: string;
  run?: string;
  uses?: string;
  with?: Record<string, unknown>;
  env?: Record<string, unknown>;
}

export interface WorkflowJob {
  if?: string;
  "timeout-minutes"?: number;
  permissions?: Record<string, string>;
  environment?: string | { name: string; url?: string };
  concurrency?: { group: string; "cancel-in-progress"?: unknown };
  outputs?: Record<string, string>;
  needs?: string | string[];
  /** A workflow that this job is; then it has no steps. */
  uses?: string;
  steps: WorkflowStep[];
}

/** A file of .github/workflows. */
export interface Workflow {
  file: string;
  text: string;
  on: Record<string, unknown>;
  permissions?: unknown;
  jobs: Record<string, WorkflowJob>;
}

export function workflows(): Workflow[] {
  return readdirSync(path.join(root, ".github/workflows")).sort().map(readWorkflow);
}

/** @param file its name, such as `ci.yml` */
export function readWorkflow(file: string): Workflow {
  const text = readFileSync(path.join(root, ".github/workflows", file), "utf8");
  const workflow: Workflow = { file, text, ...parse(text) };
  for (const job of Object.values(workflow.jobs)) job.steps ??= [];
  return workflow;
}

/** The steps of an action of this repository. @param uses as a step names it: `./.github/actions/tools` */
export function actionSteps(uses: string): WorkflowStep[] {
  return parse(readFileSync(path.join(root, uses, "action.yml"), "utf8")).runs.steps;
}

/** The files that name other people's actions. */
export function actionFiles(): { file: string; text: string }[] {
  const folder = ".github/actions";
  const actions = readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}/action.yml`);
  const named = workflows().map(({ file }) => `.github/workflows/${file}`);
  return [...named, ...actions].map((file) => ({ file, text: readFileSync(path.join(root, file), "utf8") }));
}

/** The scripts that workflows run, by name. */
export function scripts(): { name: string; file: string; text: string }[] {
  const folder = path.join(root, ".github/scripts");
  return readdirSync(folder).map((name) => {
    const file = path.join(folder, name);
    return { name, file, text: readFileSync(file, "utf8") };
  });
}

/** Every job with the names that messages give it. */
export function jobs(): { name: string; workflow: Workflow; job: WorkflowJob }[] {
  return workflows().flatMap((workflow) =>
    Object.entries(workflow.jobs).map(([name, job]) => ({ name: `${workflow.file} ${name}`, workflow, job })),
  );
}
