import type { AzureBehaviour } from "../../local/cloud/azure-behaviour";
import type { AppName, LocalCloud } from "../../local/cloud/local-cloud";
import { LocalStack } from "../../local/stack";
import type { StackDescription } from "../../local/stack-description";
import { eventually } from "./eventually";

/** A stack in the test's own process, whose cloud the test can change while the apps run. One for each process. */
export class OwnStack {
  /** Everything that was logged. */
  log = "";
  /** Called with each line as soon as it is logged. */
  onLine?: (line: string) => void;
  private readonly stack = new LocalStack();

  private constructor() {}

  /** @param config settings of the program, as `pulumi config set` takes them @param azure how Azure behaves */
  static async up(
    config?: Record<string, string>,
    azure?: AzureBehaviour,
  ): Promise<OwnStack & { description: StackDescription }> {
    const own = new OwnStack();
    const log = (source: string, line: string) => {
      own.log += `${source} | ${line}\n`;
      own.onLine?.(line);
    };
    const onDeath = (app: string, cause: string) => log(app, cause);
    try {
      const description = await own.stack.up({
        port: 0,
        config,
        azure,
        onPort: () => {},
        onMade: () => {},
        log,
        onDeath,
      });
      return Object.assign(own, { description });
    } catch (error) {
      await own.down();
      throw error;
    }
  }

  /** Ends an app and starts it again, as App Service does; resolves when it answers. */
  async restart(app: AppName): Promise<void> {
    const site = this.cloud.apps.get(app);
    await site?.restart();
    await eventually(`the ${app} answers`, async () => (await fetch(`https://${site?.hostName}/healthz`)).ok);
  }

  get cloud(): LocalCloud {
    return this.stack.cloud;
  }

  down(): Promise<void> {
    return this.stack.down();
  }
}
