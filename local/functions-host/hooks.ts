/** The five hooks of the programming model. They run in the order of their registration. */
const hookNames = ["appStart", "appTerminate", "preInvocation", "postInvocation", "log"] as const;
export type HookName = (typeof hookNames)[number];
export type HookCallback = (context: object) => unknown;

export class Hooks {
  private readonly callbacks = new Map<HookName, HookCallback[]>(hookNames.map((name) => [name, []]));

  /** Adds a hook. The returned function removes it. */
  add(name: string, callback: HookCallback): () => void {
    const list = this.callbacks.get(name as HookName);
    if (!list) {
      // @azure/functions recognizes this error and advises to update the host.
      throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true });
    }
    list.push(callback);
    return () => {
      const index = list.indexOf(callback);
      if (index >= 0) list.splice(index, 1);
    };
  }

  /** Runs the hooks one after another. The first error ends the run. */
  async run(name: Exclude<HookName, "log">, context: object): Promise<void> {
    for (const callback of [...(this.callbacks.get(name) ?? [])]) await callback(context);
  }

  /** Runs the log hooks. They are synchronous, because they may change the line before it is written. */
  runLog(context: object): void {
    for (const callback of [...(this.callbacks.get("log") ?? [])]) callback(context);
  }
}
