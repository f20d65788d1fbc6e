import { stop as stopEsbuild } from "esbuild";
import { CloudScreen } from "./cloud-screen";
import { command } from "./command";
import { endWhenTold } from "./ending";
import { makeHome, removeHome } from "./home";
import { ServedCloud } from "./served-cloud";
import { backend, exportLines, writeStackFiles } from "./stack-environment";
import type { StartOptions } from "./start-options";

const help = `npm run cloud -- [options]

  --port N         Direct Line's port (default: any)
  --propagation S  role assignments take S seconds to work, as in Azure (default: 0)
  --strict         refuse resource types, inputs and functions that are declared only here (docs/local.md)
  --json           print one line of JSON on stdout once the cloud serves; the rest goes to stderr
  --help           this text
`;

/** `npm run cloud`: Azure on this machine for the real Pulumi, until a signal stops it. */
async function serve({ port, propagation, strict, json }: StartOptions): Promise<void> {
  const screen = new CloudScreen(json ? process.stderr : process.stdout);
  const home = makeHome();
  let served: ServedCloud | undefined;
  const close = async () => {
    if (served) screen.left(served.resources.all.length);
    await served?.close();
  };
  const end = endWhenTold({ close, remove: () => removeHome(home) });
  try {
    served = await ServedCloud.open({
      home,
      port,
      propagation,
      onDeclaredOnly: strict ? undefined : (thing) => screen.declaredOnly([thing]),
      log: (source, line) => screen.log(source, line),
      onChange: (change) => screen.changed(change),
    });
    await stopEsbuild(); // its service would stay for as long as we do
    const env = { ...served.env, ...backend(home) };
    const exports = exportLines(env, served.path);
    const files = writeStackFiles(home, exports, served.config);
    screen.serving({ exports, files, cli: served.cli });
    if (json) print(served, env);
  } catch (error) {
    await end(1, (error as Error).message);
  }
}

function print({ cloud, config, arm, directLine }: ServedCloud, env: Record<string, string>): void {
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = cloud.identityEndpoint.admit([cloud.operator], cloud.operator);
  const description = {
    env,
    config,
    arm,
    directLine: { domain: directLine },
    identity: { endpoint: IDENTITY_ENDPOINT, header: IDENTITY_HEADER, operatorClientId: cloud.operator.clientId },
    caFile: cloud.certificates.caFile,
  };
  process.stdout.write(`${JSON.stringify(description)}\n`);
}

command(help, serve);
