import type { LocalCloud } from "../../local/cloud/local-cloud";
import { LocalStack } from "../../local/stack";
import type { StackDescription } from "../../local/stack-description";

/** A stack in the test's own process, whose cloud the test can change while the apps run. One for each process. */
export class OwnStack {
  /** Everything that was logged. */
  log = "";
  private readonly stack = new LocalStack();

  private constructor() {}

  static async up(): Promise<OwnStack & { description: StackDescription }> {
    const own = new OwnStack();
    const log = (source: string, line: string) => {
      own.log += `${source} | ${line}\n`;
    };
    const onDeath = (app: string, cause: string) => log(app, cause);
    try {
      const description = await own.stack.up({ port: 0, onPort: () => {}, onMade: () => {}, log, onDeath });
      return Object.assign(own, { description });
    } catch (error) {
      await own.down();
      throw error;
    }
  }

  get cloud(): LocalCloud {
    return this.stack.cloud;
  }

  down(): Promise<void> {
    return this.stack.down();
  }
}
