import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs, Mocks } from "@pulumi/pulumi/runtime/mocks";
import type { Realised, ResourceManager } from "../cloud/resource-manager";
import type { Properties } from "../cloud/resource-type";
import { createDynamic, isDynamic } from "./dynamic-resource";
import { unsecret } from "./unsecret";

/** A resource that was made. `type` is the last part of its token. */
export interface Made {
  type: string;
  name: string;
  milliseconds: number;
}

export interface Run {
  resources: ResourceManager;
  /** The folder with Pulumi.yaml. */
  program: string;
  project: string;
  stack: string;
  config: Record<string, string>;
  onMade(resource: Made): void;
}

/**
 * Runs a Pulumi program in this process, with the local cloud making what it declares. Pulumi's mocks are its engine: real
 * inputs, checked, in their real order, but no diff and no state. Once in a process.
 * @returns the stack's outputs, secrets in clear
 * @throws the error of the first resource that could not be made
 */
export async function runProgram({ resources, program, project, stack, config, onMade }: Run): Promise<Properties> {
  let refuse = (_failure: Error): void => {};
  const failed = new Promise<never>((_, reject) => {
    refuse = reject;
  });
  const mocks: Mocks = {
    newResource: (args) => timed(args, onMade, () => make(resources, args)).catch((error) => fail(refuse, args, error)),
    call: (args) => resources.invoke(args.token, unsecret(args.inputs)).catch(rejectWithDetails),
  };
  // Each resource that waits for a failed one rejects, too: the first reason is enough.
  process.on("unhandledRejection", refuse);
  await pulumi.runtime.setMocks(mocks, project, stack, false);
  pulumi.runtime.setAllConfig(config);
  // Resources that depend on a component with a failed part would wait for ever.
  const outputs = await Promise.race([failed, run(program)]);
  process.off("unhandledRejection", refuse);
  return outputs;
}

async function run(program: string): Promise<Properties> {
  const outputs = await pulumi.runtime.runInPulumiStack(async () => require(program));
  await pulumi.runtime.disconnect(); // until then some resources are not registered
  return outputs as Properties;
}

async function make(resources: ResourceManager, args: MockResourceArgs): Promise<{ id: string; state: Properties }> {
  const inputs = unsecret(args.inputs);
  if (!args.custom || args.type === "pulumi:pulumi:Stack") return { id: args.name, state: {} };
  const { id, outputs } = await realise(resources, args, inputs);
  return { id, state: outputs };
}

async function realise(resources: ResourceManager, args: MockResourceArgs, inputs: Properties): Promise<Realised> {
  if (isDynamic(inputs)) return createDynamic(inputs);
  if (args.id) return resources.adopt(args.type, args.name, args.id, inputs);
  return checkAndCreate(resources, args, inputs);
}

/** As the real engine: what `check` made of the inputs is what is created. */
async function checkAndCreate(resources: ResourceManager, { type, name }: MockResourceArgs, given: Properties) {
  const { inputs, failures } = resources.check(type, name, given);
  if (failures.length) throw new Error(failures.map(({ property, reason }) => `${property}: ${reason}`).join("; "));
  return resources.create(type, name, inputs);
}

async function timed<T>({ type, name, custom }: MockResourceArgs, onMade: Run["onMade"], work: () => Promise<T>) {
  const started = performance.now();
  const result = await work();
  const shortType = type.split(":").at(-1) ?? type;
  if (custom) onMade({ type: shortType, name, milliseconds: performance.now() - started });
  return result;
}

/** Pulumi takes what an invoke failed of from a property that errors of gRPC have. */
function rejectWithDetails(error: Error): never {
  throw Object.assign(error, { details: error.message });
}

function fail(refuse: (failure: Error) => void, { type, name }: MockResourceArgs, error: Error): never {
  const failure = new Error(`${type.split(":").at(-1)} "${name}" could not be made: ${error.message}`, {
    cause: error,
  });
  refuse(failure);
  throw failure;
}
