import * as pulumi from "@pulumi/pulumi";
import type { App } from "./app";
import { releaseProvider } from "./provider";

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
