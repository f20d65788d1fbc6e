import * as pulumi from "@pulumi/pulumi";
import type { App } from "./app";
import { releaseProvider } from "./provider";

/** As `App`; see there. */
export interface ReleaseArgs {
  site: pulumi.Input<string>;
  kind: App["kind"];
  scmUrl: pulumi.Input<string>;
  appUrl: pulumi.Input<string>;
  package: pulumi.Input<string>;
  version: pulumi.Input<string>;
  tokens: pulumi.Input<pulumi.Input<string>[]>;
  timeoutSeconds: pulumi.Input<number>;
}

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
