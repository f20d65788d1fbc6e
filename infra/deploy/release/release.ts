import { readFile } from "node:fs/promises";
import * as pulumi from "@pulumi/pulumi";
import { waitForDeployment } from "./deployment";
import { waitUntilLive } from "./live";
import { push } from "./push";
import { type App, defaultPace, elapsed, type Pace, startRun } from "./run";

export type ReleaseArgs = { [Key in keyof App]: pulumi.Input<App[Key]> };

/**
 * A version of an app that runs: pushed, answering `/healthz` with its own version, and ready.
 * Pushes again when site, kind or version changes; nothing to delete, the code goes away with the site.
 */
export class Release extends pulumi.dynamic.Resource {
  declare readonly site: pulumi.Output<string>;
  declare readonly version: pulumi.Output<string>;

  constructor(name: string, args: ReleaseArgs, opts?: pulumi.CustomResourceOptions) {
    const inputs = { ...args, tokens: pulumi.secret(args.tokens) };
    super(releaseProvider, name, inputs, pulumi.mergeOptions(opts, { additionalSecretOutputs: ["tokens"] }));
  }
}

/** The part of an app that stays in the stack's state, and that `diff` compares. Nothing secret. */
type Released = Pick<App, "site" | "kind" | "version">;

/**
 * Pulumi stores this object as text and runs it in another process: it may capture only node's builtins and plain
 * functions of this repository (no classes, no packages, no changing module state).
 */
export const releaseProvider: pulumi.dynamic.ResourceProvider<App, Released> = {
  async diff(_id, old, next) {
    const moved = old.site !== next.site;
    return {
      changes: moved || old.kind !== next.kind || old.version !== next.version,
      replaces: moved ? ["site"] : [],
    };
  },

  async create(app) {
    await releaseApp(app, defaultPace);
    return { id: app.site, outs: { site: app.site, kind: app.kind, version: app.version } };
  },

  async update(_id, _old, app) {
    await releaseApp(app, defaultPace);
    return { outs: { site: app.site, kind: app.kind, version: app.version } };
  },
};

/** Pushes the app's zip and returns once that version answers and is ready. All steps together end at one deadline. */
export async function releaseApp(app: App, pace: Pace): Promise<void> {
  const zip = new Uint8Array(await readFile(app.package));
  const run = startRun(app, pace);
  const report = () =>
    console.log(`${app.site}: waiting for ${run.goal} (${elapsed(run)} of ${Math.round(app.timeoutSeconds)} s)`);
  // Its own timer: also a request that hangs must not silence the progress.
  const ticker = setInterval(report, pace.progress);
  try {
    let deployment: string | null = null;
    while (deployment === null) deployment = await waitForDeployment(run, await push(run, zip));
    await waitUntilLive(run, deployment);
    console.log(`${app.site}: live after ${elapsed(run)}`);
  } finally {
    clearInterval(ticker);
  }
}
