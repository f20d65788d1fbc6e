/** The five hooks of the programming model, run in the order in which the app registered them. */
const hookNames = ["appStart", "appTerminate", "preInvocation", "postInvocation", "log"] as const;
export type HookName = (typeof hookNames)[number];
export type HookCallback = (context: object) => unknown;

export class Hooks {
  private readonly callbacks = new Map<HookName, HookCallback[]>(hookNames.map((name) => [name, []]));

  /** Adds a hook; the function returned takes it away again. */
  add(name: string, callback: HookCallback): () => void {
    const list = this.callbacks.get(name as HookName);
    if (!list) {
      // The library turns exactly this kind of error into advice about the host's version.
      throw Object.assign(new RangeError(`Unrecognized hook "${name}"`), { isAzureFunctionsSystemError: true });
    }
    list.push(callback);
    return () => {
      const index = list.indexOf(callback);
      if (index >= 0) list.splice(index, 1);
    };
  }

  /** Runs the hooks one after another; the first that throws ends it. */
  async run(name: Exclude<HookName, "log">, context: object): Promise<void> {
    for (const callback of [...(this.callbacks.get(name) ?? [])]) await callback(context);
  }

  /** Log hooks are synchronous: they may change the line before it is written. */
  runLog(context: object): void {
    for (const callback of [...(this.callbacks.get("log") ?? [])]) callback(context);
  }
}
