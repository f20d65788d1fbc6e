import { randomBytes, randomUUID } from "node:crypto";
import type { FunctionsCore, RegisteredFunction } from "./functions-core";
import type { HostLog, LogLevel } from "./log";
import type {
  CoreInvocationContext,
  FunctionCallback,
  InvocationModel,
  LogCategory,
  ProgrammingModel,
  RpcInvocationRequest,
  RpcInvocationResponse,
} from "./rpc";
import { messageOf } from "./startup-error";

/** One call of a function, with the trigger's data. */
export interface Invocation {
  function: RegisteredFunction;
  invocationId: string;
  inputData: RpcInvocationRequest["inputData"];
  triggerMetadata: RpcInvocationRequest["triggerMetadata"];
  /** The log level of a success. Frequent calls use debug. */
  successLevel: LogLevel;
}

export function newInvocationId(): string {
  return randomUUID();
}

/** Runs functions and hooks through the app's programming model, and logs each run like the real host. */
export class Invoker {
  constructor(
    private readonly core: FunctionsCore,
    private readonly model: ProgrammingModel,
    private readonly log: HostLog,
  ) {}

  /** Resolves with the function's response. Rejects with the error of the function or of a hook. */
  async invoke(call: Invocation): Promise<RpcInvocationResponse> {
    const { name } = call.function.metadata;
    const log = this.log.of(`Function.${name}`);
    const started = performance.now();
    const outcome = (result: string) =>
      `Executed 'Functions.${name}' (${result}, Id=${call.invocationId}, Duration=${Math.round(performance.now() - started)}ms)`;
    log.debug(`Executing 'Functions.${name}' (Id=${call.invocationId})`);
    try {
      const response = await this.run(call);
      log.write(call.successLevel, outcome("Succeeded"));
      return response;
    } catch (error) {
      log.error(`${outcome("Failed")}: ${messageOf(error)}`);
      if (error instanceof Error && error.stack) log.debug(error.stack);
      throw error;
    }
  }

  private async run(call: Invocation): Promise<RpcInvocationResponse> {
    const run = new InvocationLog(call, this.core, this.log);
    const context: CoreInvocationContext = {
      invocationId: call.invocationId,
      request: toRpcInvocationRequest(call),
      metadata: call.function.metadata,
      state: undefined,
      log: (level, category, message) => run.write(level, category, message),
    };
    const model = this.model.getInvocationModel(context);
    const { context: invocationContext, inputs } = await model.getArguments();
    run.invocationContext = invocationContext;
    const result = await this.runWithHooks(call, context, model, invocationContext, inputs);
    return model.getResponse(invocationContext, result);
  }

  private async runWithHooks(
    call: Invocation,
    context: CoreInvocationContext,
    model: InvocationModel,
    invocationContext: unknown,
    inputs: unknown[],
  ): Promise<unknown> {
    const shared = { hookData: {}, appHookData: this.core.appHookData, invocationContext };
    const before = { ...shared, inputs, functionCallback: call.function.callback as FunctionCallback };
    await runInState(context, "preInvocationHooks", () => this.core.hooks.run("preInvocation", before));
    const after: typeof shared & { inputs: unknown[]; result: unknown; error: unknown } = {
      ...shared,
      inputs: before.inputs,
      result: null,
      error: null,
    };
    await runInState(context, "invocation", async () => {
      try {
        after.result = await model.invokeFunction(invocationContext, before.inputs, before.functionCallback);
      } catch (error) {
        after.error = error;
      }
    });
    await runInState(context, "postInvocationHooks", () => this.core.hooks.run("postInvocation", after));
    if (after.error !== null && after.error !== undefined) throw after.error;
    return after.result;
  }
}

/** Writes a function's log lines: runs the app's log hooks, then logs under the function's category. */
class InvocationLog {
  invocationContext: unknown;

  constructor(
    private readonly call: Invocation,
    private readonly core: FunctionsCore,
    private readonly log: HostLog,
  ) {}

  write(level: LogLevel, category: LogCategory, message: string): void {
    const line = {
      hookData: {},
      appHookData: this.core.appHookData,
      level,
      category,
      message,
      invocationContext: this.invocationContext,
    };
    this.core.hooks.runLog(line);
    const name = `Function.${this.call.function.metadata.name}`;
    this.log.write(category === "user" ? `${name}.User` : name, line.level, line.message);
  }
}

async function runInState(
  context: CoreInvocationContext,
  state: CoreInvocationContext["state"],
  work: () => Promise<void>,
): Promise<void> {
  context.state = state;
  try {
    await work();
  } finally {
    context.state = undefined;
  }
}

function toRpcInvocationRequest(call: Invocation): RpcInvocationRequest {
  return {
    invocationId: call.invocationId,
    functionId: call.function.metadata.name,
    inputData: call.inputData,
    triggerMetadata: call.triggerMetadata,
    // A W3C trace parent: version, trace id, span id, not sampled.
    traceContext: {
      traceParent: `00-${randomBytes(16).toString("hex")}-${randomBytes(8).toString("hex")}-00`,
      traceState: "",
      attributes: {},
    },
  };
}
