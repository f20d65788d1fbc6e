import { whenOrphaned } from "../when-orphaned";
import { Stopped } from "./go-command";
import { hasLanguageHost, type PulumiCli, pulumiCli, versionOf } from "./pulumi-cli";

const neither =
  "There is neither pulumi nor go on PATH: install the Pulumi CLI (pulumi.com/docs/install), or Go, with which it is then built here.";

/** `npm run engine`: Pulumi's command line, found or built. */
async function engine(): Promise<void> {
  const cli = await pulumiCli((line) => console.log(line));
  if (!cli) return fail(neither);
  console.log(`${cli.built ? "Built" : "Installed"}: pulumi ${versionOf(cli)}, ${cli.pulumi}`);
  if (!hasLanguageHost(cli)) warnOfNoHost(cli);
}

function warnOfNoHost({ pulumi }: PulumiCli): void {
  console.warn(
    `Neither beside ${pulumi} nor on PATH is pulumi-language-nodejs, without which it runs no Node program.`,
  );
}

function fail(message: string, code = 1): void {
  console.error(message);
  process.exitCode = code;
}

whenOrphaned(() => process.kill(process.pid, "SIGTERM"));
engine().catch((error) => fail(error.message, error instanceof Stopped ? error.exitCode : 1));
