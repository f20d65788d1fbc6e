import { whenOrphaned } from "../when-orphaned";
import { StoppedError } from "./go-command";
import { findOrBuildPulumiCli, hasLanguageHost, type PulumiCli, versionOf } from "./pulumi-cli";

const nothingInstalled =
  "Neither pulumi nor go is on PATH. Install the Pulumi CLI (pulumi.com/docs/install), or install Go and run this command again to build it.";

/** `npm run engine`: finds or builds the Pulumi CLI. */
async function engine(): Promise<void> {
  const cli = await findOrBuildPulumiCli((line) => console.log(line));
  if (!cli) return fail(nothingInstalled);
  console.log(`${cli.built ? "Built" : "Installed"}: pulumi ${versionOf(cli)}, ${cli.pulumi}`);
  if (!hasLanguageHost(cli)) warnAboutMissingHost(cli);
}

function warnAboutMissingHost({ pulumi }: PulumiCli): void {
  console.warn(
    `pulumi-language-nodejs is missing: it is neither next to ${pulumi} nor on PATH. Without it, Pulumi cannot run Node.js programs.`,
  );
}

function fail(message: string, code = 1): void {
  console.error(message);
  process.exitCode = code;
}

whenOrphaned(() => process.kill(process.pid, "SIGTERM"));
engine().catch((error) => fail(error.message, error instanceof StoppedError ? error.exitCode : 1));
