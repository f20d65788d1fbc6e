import type { Change } from "./provider/cloud-provider";
import type { PulumiCli } from "./pulumi-cli/pulumi-cli";
import { Screen } from "./screen";
import type { StackFiles } from "./stack-environment";

/** The directions for bringing a stack up in a cloud. */
export interface Directions {
  exports: string[];
  files: StackFiles;
  /** Absent: this machine has none yet. */
  cli?: PulumiCli;
}

const withoutCli = `
No pulumi is on PATH. "npm run engine" builds one from its Go modules (it needs Go); start this again afterwards.
`;

/** The output of `npm run cloud`. */
export class CloudScreen extends Screen {
  serving({ exports, files, cli }: Directions): void {
    const settings = Object.entries(files.config).map(([key, file]) => `pulumi config set ${key} < ${file}`);
    this.say(`
Azure is on this machine, for Pulumi's real engine. It lasts until Ctrl-C, and so does everything that is made in it.
${cli ? "" : withoutCli}
In another terminal, in this folder:

  source ${files.exports}

which is

${exports.map((line) => `  ${line}`).join("\n")}

and then, as with Azure:

  pulumi stack init local
  ${settings.join("\n  ")}
  pulumi up

  pulumi preview --diff
  pulumi refresh
  pulumi destroy

What happens here:
`);
  }

  changed({ verb, type, name, milliseconds, problem }: Change): void {
    const what = type.split(":").at(-1) ?? type;
    if (problem !== undefined) this.log("azure", `${what} ${name} could not be ${verb}: ${problem}`);
    else this.made({ type: what, name: verb === "created" ? name : `${name} (${verb})`, milliseconds });
  }

  /** At once: the engine does not say when it has come to an end. */
  override declaredOnly(things: string[]): void {
    for (const thing of things) this.log("azure", `Declared only, nothing here stands behind it: ${thing}`);
  }

  /** The resources that end with the cloud. */
  left(resources: number): void {
    if (resources) this.say(`\n${resources} resources were still up. They were on this machine only and are gone.`);
  }
}
