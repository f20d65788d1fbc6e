import Module from "node:module";
import { type HookCallback, Hooks } from "./hooks";
import type { HostLog, LogLevel } from "./log";
import type { FunctionCallback, FunctionMetadata, LogCategory, ProgrammingModel } from "./rpc";
import { messageOf, StartupError } from "./startup-error";

export interface RegisteredFunction {
  metadata: FunctionMetadata;
  callback: FunctionCallback;
}

class Disposable {
  constructor(private readonly callOnDispose: () => unknown) {}

  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => {
      for (const disposable of disposables) disposable.dispose();
    });
  }

  dispose(): unknown {
    return this.callOnDispose();
  }
}

/** The module `@azure/functions-core` that the Node.js worker provides to an app, and the functions that the app registers with it. */
export class FunctionsCore {
  readonly functions = new Map<string, RegisteredFunction>();
  readonly hooks = new Hooks();
  readonly appHookData: Record<string, unknown> = {};
  model: ProgrammingModel | undefined;
  private registrationClosed = false;

  constructor(private readonly log: HostLog) {}

  /** Makes `require("@azure/functions-core")` return this module, as the worker does. The package is not on any registry. */
  install(): void {
    const api = this.api();
    Module.prototype.require = new Proxy(Module.prototype.require, {
      apply: (target, self, args: [string]) =>
        args[0] === "@azure/functions-core" ? api : Reflect.apply(target, self, args),
    });
  }

  /** Ends the registration phase: runs the appStart hooks, and refuses later registrations. */
  async start(functionAppDirectory: string): Promise<ProgrammingModel> {
    const model = this.model;
    if (!model || this.functions.size === 0) {
      throw new StartupError(
        `The app registered no function. Its entry point must call app.storageQueue, app.http, … of @azure/functions 4.x. A bundle must leave @azure/functions-core external.`,
      );
    }
    const capabilities = (await model.getCapabilities?.({})) ?? {};
    if (capabilities.HttpUri) {
      throw new StartupError(`This host does not support app.setup({ enableHttpStream: true }). Remove it.`);
    }
    await this.runAppStartHooks(functionAppDirectory);
    this.registrationClosed = true;
    return model;
  }

  async terminate(): Promise<void> {
    await this.hooks.run("appTerminate", { hookData: {}, appHookData: this.appHookData });
  }

  private async runAppStartHooks(functionAppDirectory: string): Promise<void> {
    try {
      await this.hooks.run("appStart", { hookData: {}, appHookData: this.appHookData, functionAppDirectory });
    } catch (error) {
      throw new StartupError(`The app's appStart hook failed: ${messageOf(error)}.`, { cause: error });
    }
  }

  private api(): Record<string, unknown> {
    const workerLog = this.log.of("Worker");
    return {
      version: "3.0.0-local",
      hostVersion: "4.0.0-local",
      Disposable,
      setProgrammingModel: (model: ProgrammingModel) => {
        this.model = model;
      },
      getProgrammingModel: () => this.model,
      registerFunction: (metadata: FunctionMetadata, callback: FunctionCallback) => this.register(metadata, callback),
      registerHook: (name: string, callback: HookCallback) => new Disposable(this.hooks.add(name, callback)),
      log: (level: LogLevel, _category: LogCategory, message: string) => workerLog.write(level, message),
    };
  }

  private register(metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
    const { name } = metadata;
    if (this.registrationClosed)
      throw new Error(`A function can only be registered during app startup: "${name}" came later.`);
    if (this.functions.has(name)) throw new Error(`A function with name "${name}" has already been registered.`);
    this.functions.set(name, { metadata, callback });
    return new Disposable(() => {
      if (this.registrationClosed) throw new Error(`A function can only be disposed during app startup: "${name}".`);
      this.functions.delete(name);
    });
  }
}
